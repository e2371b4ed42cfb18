;; question-market: bets on a question that a language model answers, as an example of a contract that
;; asks and uses the answer. Not a product.
;;
;;   create   names a yes-or-no question, a model, and puts up the fee of the request
;;   bet      until the market closes
;;   ask      opens the request in .inference; the contract is its user and pays from the fee
;;   resolve  brings the text of the answer; the contract checks it against the verified hash and
;;            reads its first word
;;   collect  pays out: winners share the pot, or everybody gets the stake back
;;
;; The answer counts when nobody can dispute it any more (`is-final`). Clarity 3.

(define-constant ERR-UNKNOWN (err u1))
(define-constant ERR-CLOSED (err u2))
(define-constant ERR-STILL-OPEN (err u3))
(define-constant ERR-ASKED (err u4))
(define-constant ERR-NOT-ASKED (err u5))
(define-constant ERR-NOT-FINAL (err u6))
(define-constant ERR-NOT-THE-ANSWER (err u7))
(define-constant ERR-RESOLVED (err u8))
(define-constant ERR-NOT-RESOLVED (err u9))
(define-constant ERR-NOTHING (err u10))

(define-constant HERE (as-contract tx-sender))
;; A prompt blob begins with the length of its system text, two bytes; here it has none.
(define-constant NO-CONTEXT 0x0000)
(define-constant YES u1)
(define-constant NO u2)
;; Neither word, or no answer at all: stakes go back.
(define-constant VOID u3)

(define-data-var last-market uint u0)
(define-map markets uint {
  creator: principal,
  model: (buff 32),
  question: (buff 1024),
  fee: uint,
  ;; Bitcoin height at which betting ends.
  closes-at: uint,
  request: (optional uint),
  yes: uint,
  no: uint,
  outcome: (optional uint)
})
(define-map stakes { market: uint, who: principal, side: uint } uint)

;; @returns (ok market)
(define-public (create (model (buff 32)) (question (buff 1024)) (fee uint) (blocks uint))
  (let ((id (+ (var-get last-market) u1)))
    (map-set markets id {
      creator: tx-sender,
      model: model,
      question: question,
      fee: fee,
      closes-at: (+ burn-block-height blocks),
      request: none,
      yes: u0,
      no: u0,
      outcome: none
    })
    (var-set last-market id)
    (try! (stx-transfer? fee tx-sender HERE))
    (ok id)))

;; @returns (ok stake) of the caller on that side
(define-public (bet (id uint) (is-yes bool) (amount uint))
  (let ((market (unwrap! (map-get? markets id) ERR-UNKNOWN))
        (key { market: id, who: tx-sender, side: (if is-yes YES NO) })
        (stake (+ amount (default-to u0 (map-get? stakes key)))))
    (asserts! (< burn-block-height (get closes-at market)) ERR-CLOSED)
    (map-set stakes key stake)
    (map-set markets id
      (if is-yes
        (merge market { yes: (+ (get yes market) amount) })
        (merge market { no: (+ (get no market) amount) })))
    (try! (stx-transfer? amount tx-sender HERE))
    (ok stake)))

;; Asks, greedily and briefly. Anyone may call when betting is over.
;; @returns (ok request-id)
(define-public (ask (id uint))
  (let ((market (unwrap! (map-get? markets id) ERR-UNKNOWN))
        (prompt (concat NO-CONTEXT (get question market))))
    (asserts! (>= burn-block-height (get closes-at market)) ERR-STILL-OPEN)
    (asserts! (is-none (get request market)) ERR-ASKED)
    (let ((request
            (try!
              (as-contract
                (contract-call? 'ST000000000000000000002AMW42H.inference request
                  (get model market)
                  (some prompt)
                  (sha256 prompt)
                  (len prompt)
                  { temperature: u0, top-p: u1000000, top-k: u1, max-tokens: u32 }
                  (get fee market)
                  u144
                  none
                  u0
                  0x00000000000000000000000000000000)))))
      (map-set markets id (merge market { request: (some request) }))
      (ok request))))

;; Brings the answer, or nothing when the request was rejected, expired or reversed. What is left of the
;; fee goes back to the creator.
;; @returns (ok outcome)
(define-public (resolve (id uint) (text (buff 1024)))
  (let ((market (unwrap! (map-get? markets id) ERR-UNKNOWN))
        (request (unwrap! (get request market) ERR-NOT-ASKED))
        (found
          (unwrap! (contract-call? 'ST000000000000000000002AMW42H.inference get-request request)
            ERR-NOT-ASKED))
        (is-settled (is-eq (get status found) u2))
        (outcome (if is-settled (outcome-of text) VOID))
        (paid
          (if is-settled
            (default-to u0
              (get paid
                (contract-call? 'ST000000000000000000002AMW42H.inference get-result request)))
            u0))
        (left (- (get fee market) paid))
        (creator (get creator market)))
    (asserts! (is-none (get outcome market)) ERR-RESOLVED)
    (asserts! (contract-call? 'ST000000000000000000002AMW42H.inference is-final request)
      ERR-NOT-FINAL)
    (asserts!
      (or
        (not is-settled)
        (contract-call? 'ST000000000000000000002AMW42H.inference is-answer request text))
      ERR-NOT-THE-ANSWER)
    (map-set markets id (merge market { outcome: (some outcome) }))
    (and (> left u0) (try! (as-contract (stx-transfer? left tx-sender creator))))
    (ok outcome)))

;; "Yes" or "No" in the beginning.
(define-private (outcome-of (text (buff 1024)))
  (if (is-eq (slice? text u0 u3) (some 0x596573))
    YES
    (if (is-eq (slice? text u0 u2) (some 0x4e6f)) NO VOID)))

;; Pays the caller what it won, or its stakes when nobody could win.
;; @returns (ok amount)
(define-public (collect (id uint))
  (let ((market (unwrap! (map-get? markets id) ERR-UNKNOWN))
        (outcome (unwrap! (get outcome market) ERR-NOT-RESOLVED))
        (winner tx-sender)
        (on-yes (take-stake id YES))
        (on-no (take-stake id NO))
        (pot (+ (get yes market) (get no market)))
        (winning (if (is-eq outcome YES) (get yes market) (get no market)))
        (own (if (is-eq outcome YES) on-yes on-no))
        (amount
          (if (or (is-eq outcome VOID) (is-eq winning u0))
            (+ on-yes on-no)
            (/ (* own pot) winning))))
    (asserts! (> amount u0) ERR-NOTHING)
    (try! (as-contract (stx-transfer? amount tx-sender winner)))
    (ok amount)))

(define-private (take-stake (id uint) (side uint))
  (let ((key { market: id, who: tx-sender, side: side })
        (stake (default-to u0 (map-get? stakes key))))
    (map-delete stakes key)
    stake))

(define-read-only (get-market (id uint))
  (map-get? markets id))
