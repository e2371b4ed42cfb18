;; sessions: one escrow for many requests.
;;
;; A user locks a deposit for a named host and model and then speaks with the host alone: requests
;; and answers never touch the chain. Every answer is paid by a voucher, a signed running total of what
;; the user owes. From time to time the host claims the newest voucher of many sessions at once and
;; commits to the receipts behind it with one hash. A Bitcoin block that is mined later decides which
;; receipts are audited and by whom; nobody could know when the host committed.
;;
;;   release   the drawn judges (or 70 % of the weight) found all audited answers true: the host is paid
;;   convict   70 % found one false: the claim and the rest go back to the user, the host loses its bond
;;   deny      70 % did not get what they were to audit: all goes back to the user
;;   lapse     nobody decided in time: the host is paid, for the vouchers are the user's consent
;;
;; A session has one claim under audit at a time. Every hash is sha256 of the consensus encoding of a
;; tuple, every signature one over structured data under the domain of .inference (SIP-018).
;; Invariant: `escrow` is the sum over open sessions of what was deposited and not yet paid, and this
;; contract holds exactly that, unless somebody makes it a present. Clarity 3.

(define-constant ERR-NO-BEACON (err u401))
(define-constant ERR-UNKNOWN-MODEL (err u402))
(define-constant ERR-HOST-NOT-SERVING (err u403))
(define-constant ERR-DEPOSIT (err u404))
(define-constant ERR-VOUCHER-KEY (err u405))
(define-constant ERR-DURATION (err u406))
(define-constant ERR-UNKNOWN-SESSION (err u407))
(define-constant ERR-CLOSED (err u408))
(define-constant ERR-EXPIRED (err u409))
(define-constant ERR-NOT-USER (err u410))
(define-constant ERR-NOT-HOST (err u411))
(define-constant ERR-CLAIM-PENDING (err u412))
(define-constant ERR-CLAIM-AMOUNT (err u413))
(define-constant ERR-CLAIM-REQUESTS (err u414))
(define-constant ERR-VOUCHER (err u415))
(define-constant ERR-UNKNOWN-CLAIM (err u416))
(define-constant ERR-CLAIM-CLOSED (err u417))
(define-constant ERR-NO-LOTS (err u418))
(define-constant ERR-NOT-ENOUGH (err u419))
(define-constant ERR-TOO-EARLY (err u420))
(define-constant ERR-PARAMETERS (err u421))

;; Bitcoin blocks a session lasts at most: about a month.
(define-constant MAX-DURATION u4320)
;; Requests of one claim at most: what judges can be asked to look at.
(define-constant MAX-CLAIM-REQUESTS u100000)
;; Basis points and millionths: all.
(define-constant ALL u10000)
(define-constant MILLION u1000000)

(define-constant SESSION-OPEN u1)
(define-constant SESSION-CLOSED u2)

(define-constant CLAIM-PENDING u1)
(define-constant CLAIM-RELEASED u2)
(define-constant CLAIM-CONVICTED u3)
(define-constant CLAIM-DENIED u4)
(define-constant CLAIM-LAPSED u5)

(define-constant VERDICT-VALID u1)
(define-constant VERDICT-INVALID u2)
(define-constant VERDICT-WITHHELD u3)

;; As .hosts numbers outcomes.
(define-constant OUTCOME-SETTLED u1)
(define-constant OUTCOME-FAULT u2)
(define-constant OUTCOME-MISSED u3)
(define-constant OUTCOME-UNAUDITED u4)

;; "judge"
(define-constant JUDGE-TAG 0x6a75646765)
;; "SIP018"
(define-constant STRUCTURED-DATA-PREFIX 0x534950303138)
(define-constant DOMAIN-HASH
  (sha256
    (unwrap-panic
      (to-consensus-buff? { name: "assay-inference", version: "1", chain-id: chain-id }))))

(define-data-var parameters
  {
    ;; Of every payment, basis points: for judges and the rest (.judges).
    fee-rate: uint,
    ;; Least share of receipts that is audited, millionths.
    least-audit-rate: uint,
    ;; Bitcoin blocks after a claim before it lapses, and after the end of a session in which the host
    ;; can still claim.
    audit-window: uint,
    claim-grace: uint,
    ;; A conviction takes this many times the average fee of the claim, but at least the least bond.
    slash-multiple: uint
  }
  {
    fee-rate: u300,
    least-audit-rate: u20000,
    audit-window: u72,
    claim-grace: u36,
    slash-multiple: u500
  })

;; Ids count from one.
(define-data-var last-session-id uint u0)
;; Micro-STX deposited in open sessions and not paid out.
(define-data-var escrow uint u0)

(define-map sessions uint {
  user: principal,
  host: principal,
  model: (buff 32),
  ;; Key and prices of the host when the session was opened.
  host-key: (buff 33),
  input-price: uint,
  cached-price: uint,
  output-price: uint,
  ;; Signs requests and vouchers for the user.
  voucher-key: (buff 33),
  ;; All that was ever deposited, and the part that was paid to the host or is claimed.
  deposit: uint,
  claimed: uint,
  ;; Requests paid or claimed.
  requests: uint,
  ;; The claim under audit.
  pending: (optional (buff 32)),
  ;; Bitcoin heights.
  opened-at: uint,
  expires-at: uint,
  status: uint
})

(define-map claims (buff 32) {
  session: uint,
  ;; Receipts `from` (not included) to `to` (included), counted over the session.
  from: uint,
  to: uint,
  amount: uint,
  receipts-root: (buff 32),
  ;; Number of the beacon when it was made; the second one after it draws the audit.
  sequence: uint,
  ;; Share of receipts to audit, millionths.
  rate: uint,
  ;; Reward cycle whose signers judge it.
  cycle: uint,
  ;; Bitcoin height.
  claimed-at: uint,
  status: uint
})

;; ---------------------------------------------------------------------------------------------
;; The user's side

;; Opens a session: `deposit` moves from the caller to this contract; key and prices of the host are
;; copied. `voucher-key` signs requests and vouchers; use a fresh one for every session. `duration`
;; counts Bitcoin blocks.
;; @returns (ok id); u402 to u406, u1 (no funds)
(define-public (open
    (host principal)
    (model (buff 32))
    (deposit uint)
    (voucher-key (buff 33))
    (duration uint))
  (let ((id (+ (var-get last-session-id) u1))
        (offer
          (unwrap! (contract-call? .hosts get-offer host model) ERR-HOST-NOT-SERVING))
        (opened {
          user: tx-sender,
          host: host,
          model: model,
          host-key: (get key offer),
          input-price: (get input-price offer),
          cached-price: (get cached-price offer),
          output-price: (get output-price offer),
          voucher-key: voucher-key,
          deposit: deposit,
          claimed: u0,
          requests: u0,
          pending: none,
          opened-at: burn-block-height,
          expires-at: (+ burn-block-height duration),
          status: SESSION-OPEN
        }))
    (asserts! (contract-call? .models is-known model) ERR-UNKNOWN-MODEL)
    (asserts! (> deposit u0) ERR-DEPOSIT)
    (asserts! (is-ok (principal-of? voucher-key)) ERR-VOUCHER-KEY)
    (asserts! (and (> duration u0) (<= duration MAX-DURATION)) ERR-DURATION)
    (map-set sessions id opened)
    (var-set last-session-id id)
    (var-set escrow (+ (var-get escrow) deposit))
    (try! (stx-transfer? deposit tx-sender (as-contract tx-sender)))
    (print (merge opened { event: "session-opened", id: id }))
    (ok id)))

;; Adds to the deposit of a session that has not ended. Anyone may; what is left over goes to the user.
;; @returns (ok deposit) with the new total; u404, u407 to u409, u1 (no funds)
(define-public (top-up (id uint) (amount uint))
  (let ((session (try! (get-open id)))
        (deposit (+ (get deposit session) amount)))
    (asserts! (> amount u0) ERR-DEPOSIT)
    (asserts! (<= burn-block-height (get expires-at session)) ERR-EXPIRED)
    (map-set sessions id (merge session { deposit: deposit }))
    (var-set escrow (+ (var-get escrow) amount))
    (try! (stx-transfer? amount tx-sender (as-contract tx-sender)))
    (print { event: "session-topped-up", id: id, amount: amount, deposit: deposit })
    (ok deposit)))

;; Ends a session; what nobody claimed goes back to the user. The host at any time, the user once the
;; session has ended and `claim-grace` blocks have passed. Not while a claim is under audit.
;; @returns (ok refund); u407, u408, u410, u412, u420
(define-public (close (id uint))
  (let ((session (try! (get-open id))))
    (asserts! (is-none (get pending session)) ERR-CLAIM-PENDING)
    (if (is-eq tx-sender (get host session))
      true
      (begin
        (asserts! (is-eq tx-sender (get user session)) ERR-NOT-USER)
        (asserts!
          (>= burn-block-height
            (+ (get expires-at session) (get claim-grace (var-get parameters))))
          ERR-TOO-EARLY)))
    (end-session id session)))

;; ---------------------------------------------------------------------------------------------
;; Claims

;; Claims the newest vouchers of up to 64 sessions of the calling host. `receipts-root` is the root over
;; the commitment hashes of the requests since the last claim. A claim that is refused does not hold
;; the others up.
;; @returns (ok answers) in the same order: (ok claim-hash), or (err code) of u407, u408, u411 to u415;
;; u411 when the caller is no host
(define-public (claim
    (vouchers (list 64 {
      session: uint,
      cumulative: uint,
      requests: uint,
      receipts-root: (buff 32),
      voucher-signature: (buff 65)
    })))
  (let ((sequence (get sequence (contract-call? .beacon get-current)))
        (made
          (fold claim-one vouchers {
            host: tx-sender,
            sequence: sequence,
            rate: (audit-rate (contract-call? .hosts get-clean tx-sender)),
            cycle: (get cycle (contract-call? .signers get-current)),
            accepted: u0,
            answers: (list)
          })))
    (asserts! (> sequence u0) ERR-NO-BEACON)
    (unwrap! (contract-call? .hosts add-pending tx-sender (get accepted made)) ERR-NOT-HOST)
    (ok (get answers made))))

(define-private (claim-one
    (voucher {
      session: uint,
      cumulative: uint,
      requests: uint,
      receipts-root: (buff 32),
      voucher-signature: (buff 65)
    })
    (state {
      host: principal,
      sequence: uint,
      rate: uint,
      cycle: uint,
      accepted: uint,
      answers: (list 64 (response (buff 32) uint))
    }))
  (let ((answer
          (make-claim voucher (get host state) (get sequence state) (get rate state)
            (get cycle state))))
    (merge state {
      accepted: (+ (get accepted state) (if (is-ok answer) u1 u0)),
      answers: (unwrap-panic (as-max-len? (append (get answers state) answer) u64))
    })))

;; Writes nothing before all checks are done: a private function's error undoes nothing.
(define-private (make-claim
    (voucher {
      session: uint,
      cumulative: uint,
      requests: uint,
      receipts-root: (buff 32),
      voucher-signature: (buff 65)
    })
    (host principal)
    (sequence uint)
    (rate uint)
    (cycle uint))
  (let ((id (get session voucher))
        (session (try! (get-open id)))
        (from (get requests session))
        (to (get requests voucher))
        (root (get receipts-root voucher))
        (cumulative (get cumulative voucher)))
    (asserts! (is-eq host (get host session)) ERR-NOT-HOST)
    (asserts! (is-none (get pending session)) ERR-CLAIM-PENDING)
    (asserts! (> cumulative (get claimed session)) ERR-CLAIM-AMOUNT)
    (asserts! (<= cumulative (get deposit session)) ERR-CLAIM-AMOUNT)
    (asserts! (and (> to from) (<= (- to from) MAX-CLAIM-REQUESTS)) ERR-CLAIM-REQUESTS)
    (asserts! (is-eq (len root) u32) ERR-CLAIM-REQUESTS)
    (asserts!
      (is-eq
        (secp256k1-recover? (voucher-digest id cumulative to) (get voucher-signature voucher))
        (ok (get voucher-key session)))
      ERR-VOUCHER)
    (let ((amount (- cumulative (get claimed session)))
          (hash (hash-claim id from to amount root))
          (made {
            session: id,
            from: from,
            to: to,
            amount: amount,
            receipts-root: root,
            sequence: sequence,
            rate: rate,
            cycle: cycle,
            claimed-at: burn-block-height,
            status: CLAIM-PENDING
          }))
      (map-set claims hash made)
      (map-set sessions id (merge session {
        claimed: cumulative,
        requests: to,
        pending: (some hash)
      }))
      (print (merge made { event: "session-claimed", claim: hash, host: host }))
      (ok hash))))

;; Pays a claim that all drawn judges, or judges of 70 % of the weight, found valid (verdict u1 over the
;; claim). Anyone may call, once the audit is drawn.
;; @returns (ok amount), the protocol fee included; u416 to u419, u501 to u503, u505
(define-public (release
    (hash (buff 32)) (verdicts (list 64 { index: uint, signature: (buff 65) })))
  (let ((made (try! (get-pending hash)))
        (id (get session made))
        (session (try! (get-open id)))
        (lots (unwrap! (get-lots (get sequence made)) ERR-NO-LOTS))
        (operator (try! (operator-of (get host-key session))))
        (indexes (map index-of-verdict verdicts))
        (found
          (try!
            (contract-call? .judges weigh (claim-digest hash VERDICT-VALID)
              (some (get cycle made))
              (get host session)
              operator
              verdicts)))
        (is-enough
          (or
            (contract-call? .judges is-enough (get weight found) (get total-weight found))
            (are-all-in indexes
              (contract-call? .signers draw-judges (get cycle made) (judge-entropy lots hash)
                (get host session)
                operator)))))
    (asserts! is-enough ERR-NOT-ENOUGH)
    (pay-claim hash made session OUTCOME-SETTLED CLAIM-RELEASED indexes)))

;; Pays a claim that nobody decided within `audit-window` blocks. Anyone may call.
;; @returns (ok amount); u416, u417, u420
(define-public (lapse (hash (buff 32)))
  (let ((made (try! (get-pending hash)))
        (session (try! (get-open (get session made)))))
    (asserts!
      (> burn-block-height (+ (get claimed-at made) (get audit-window (var-get parameters))))
      ERR-TOO-EARLY)
    (pay-claim hash made session OUTCOME-UNAUDITED CLAIM-LAPSED (list))))

;; Judges of 70 % of the weight, two at least, found an audited answer of the claim false (verdict u2):
;; the session ends, everything that was not paid before goes back to the user, the host loses its
;; bond as .inference takes it. Anyone may call.
;; @returns (ok refund); u416, u417, u501 to u506
(define-public (convict
    (hash (buff 32)) (verdicts (list 64 { index: uint, signature: (buff 65) })))
  (let ((made (try! (get-pending hash)))
        (session (try! (get-open (get session made))))
        (host (get host session))
        (vouched (try! (condemn hash VERDICT-INVALID made session verdicts)))
        (requests (- (get to made) (get from made)))
        (average (/ (+ (get amount made) (- requests u1)) requests))
        (wanted (* average (get slash-multiple (var-get parameters))))
        (least (contract-call? .hosts get-min-bond)))
    (try! (close-claim hash made host OUTCOME-FAULT CLAIM-CONVICTED u0))
    (let ((slash
            (try!
              (contract-call? .judges slash host
                (if (> wanted least) wanted least)
                (get user session)
                u0
                none
                (get cycle vouched)
                (map index-of-verdict verdicts)))))
      (print { event: "claim-convicted", claim: hash, host: host, slash: slash })
      (give-back made session))))

;; Judges of 70 % of the weight did not get the receipts or transcripts they were to audit (verdict u3):
;; the session ends, everything that was not paid before goes back to the user. Anyone may call.
;; @returns (ok refund); u416, u417, u501 to u506
(define-public (deny
    (hash (buff 32)) (verdicts (list 64 { index: uint, signature: (buff 65) })))
  (let ((made (try! (get-pending hash)))
        (session (try! (get-open (get session made))))
        (host (get host session)))
    (try! (condemn hash VERDICT-WITHHELD made session verdicts))
    (try! (close-claim hash made host OUTCOME-MISSED CLAIM-DENIED u0))
    (print { event: "claim-denied", claim: hash, host: host })
    (give-back made session)))

;; ---------------------------------------------------------------------------------------------
;; Inside

(define-private (get-open (id uint))
  (let ((session (unwrap! (map-get? sessions id) ERR-UNKNOWN-SESSION)))
    (asserts! (is-eq (get status session) SESSION-OPEN) ERR-CLOSED)
    (ok session)))

(define-private (get-pending (hash (buff 32)))
  (let ((made (unwrap! (map-get? claims hash) ERR-UNKNOWN-CLAIM)))
    (asserts! (is-eq (get status made) CLAIM-PENDING) ERR-CLAIM-CLOSED)
    (ok made)))

(define-private (operator-of (key (buff 33)))
  (ok (unwrap! (principal-of? key) ERR-VOUCHER-KEY)))

(define-private (index-of-verdict (entry { index: uint, signature: (buff 65) }))
  (get index entry))

;; True when judges were drawn and each of them is among the indexes.
(define-private (are-all-in (indexes (list 64 uint)) (drawn (list 3 uint)))
  (and
    (> (len drawn) u0)
    (get is-so (fold is-in drawn { indexes: indexes, is-so: true }))))

(define-private (is-in (judge uint) (state { indexes: (list 64 uint), is-so: bool }))
  (merge state {
    is-so: (and (get is-so state) (is-some (index-of? (get indexes state) judge)))
  }))

;; A certificate against the host; only after the audit is drawn, as before that nobody can know what
;; was to be looked at.
(define-private (condemn
    (hash (buff 32))
    (verdict uint)
    (made {
      session: uint,
      from: uint,
      to: uint,
      amount: uint,
      receipts-root: (buff 32),
      sequence: uint,
      rate: uint,
      cycle: uint,
      claimed-at: uint,
      status: uint
    })
    (session {
      user: principal,
      host: principal,
      model: (buff 32),
      host-key: (buff 33),
      input-price: uint,
      cached-price: uint,
      output-price: uint,
      voucher-key: (buff 33),
      deposit: uint,
      claimed: uint,
      requests: uint,
      pending: (optional (buff 32)),
      opened-at: uint,
      expires-at: uint,
      status: uint
    })
    (verdicts (list 64 { index: uint, signature: (buff 65) })))
  (begin
    (unwrap! (get-lots (get sequence made)) ERR-NO-LOTS)
    (contract-call? .judges convict (claim-digest hash verdict)
      (some (get cycle made))
      (get host session)
      (try! (operator-of (get host-key session)))
      verdicts)))

;; Pays host and judges.
(define-private (pay-claim
    (hash (buff 32))
    (made {
      session: uint,
      from: uint,
      to: uint,
      amount: uint,
      receipts-root: (buff 32),
      sequence: uint,
      rate: uint,
      cycle: uint,
      claimed-at: uint,
      status: uint
    })
    (session {
      user: principal,
      host: principal,
      model: (buff 32),
      host-key: (buff 33),
      input-price: uint,
      cached-price: uint,
      output-price: uint,
      voucher-key: (buff 33),
      deposit: uint,
      claimed: uint,
      requests: uint,
      pending: (optional (buff 32)),
      opened-at: uint,
      expires-at: uint,
      status: uint
    })
    (outcome uint)
    (status uint)
    (judges (list 64 uint)))
  (let ((amount (get amount made))
        (host (get host session))
        (fee (/ (* amount (get fee-rate (var-get parameters))) ALL)))
    (try! (close-claim hash made host outcome status (- amount fee)))
    (map-set sessions (get session made) (merge session { pending: none }))
    (var-set escrow (- (var-get escrow) amount))
    (try! (pay (- amount fee) host))
    (and (> fee u0)
      (> (try! (as-contract (contract-call? .judges pay-fee fee (get cycle made) judges))) u0))
    (print {
      event: "claim-paid",
      claim: hash,
      session: (get session made),
      host: host,
      amount: amount,
      fee: fee,
      status: status
    })
    (ok amount)))

(define-private (close-claim
    (hash (buff 32))
    (made {
      session: uint,
      from: uint,
      to: uint,
      amount: uint,
      receipts-root: (buff 32),
      sequence: uint,
      rate: uint,
      cycle: uint,
      claimed-at: uint,
      status: uint
    })
    (host principal)
    (outcome uint)
    (status uint)
    (paid uint))
  (begin
    (map-set claims hash (merge made { status: status }))
    (try! (contract-call? .hosts remove-pending host))
    (contract-call? .hosts record-outcome host outcome paid u0)))

;; Ends the session of a claim that was not paid.
(define-private (give-back
    (made {
      session: uint,
      from: uint,
      to: uint,
      amount: uint,
      receipts-root: (buff 32),
      sequence: uint,
      rate: uint,
      cycle: uint,
      claimed-at: uint,
      status: uint
    })
    (session {
      user: principal,
      host: principal,
      model: (buff 32),
      host-key: (buff 33),
      input-price: uint,
      cached-price: uint,
      output-price: uint,
      voucher-key: (buff 33),
      deposit: uint,
      claimed: uint,
      requests: uint,
      pending: (optional (buff 32)),
      opened-at: uint,
      expires-at: uint,
      status: uint
    }))
  (end-session (get session made) (merge session {
    claimed: (- (get claimed session) (get amount made)),
    requests: (get from made),
    pending: none
  })))

(define-private (end-session
    (id uint)
    (session {
      user: principal,
      host: principal,
      model: (buff 32),
      host-key: (buff 33),
      input-price: uint,
      cached-price: uint,
      output-price: uint,
      voucher-key: (buff 33),
      deposit: uint,
      claimed: uint,
      requests: uint,
      pending: (optional (buff 32)),
      opened-at: uint,
      expires-at: uint,
      status: uint
    }))
  (let ((refund (- (get deposit session) (get claimed session))))
    (map-set sessions id (merge session { status: SESSION-CLOSED }))
    (var-set escrow (- (var-get escrow) refund))
    (try! (pay refund (get user session)))
    (print {
      event: "session-closed",
      id: id,
      user: (get user session),
      host: (get host session),
      refund: refund
    })
    (ok refund)))

(define-private (pay (amount uint) (to principal))
  (if (is-eq amount u0)
    (ok true)
    (as-contract (stx-transfer? amount tx-sender to))))

;; ---------------------------------------------------------------------------------------------
;; Bytes that others compute too

(define-read-only (hash-claim
    (session uint) (from uint) (to uint) (amount uint) (receipts-root (buff 32)))
  (sha256
    (unwrap-panic
      (to-consensus-buff? {
        session: session,
        from: from,
        to: to,
        amount: amount,
        receipts-root: receipts-root
      }))))

(define-read-only (hash-request
    (session-request {
      session: uint,
      index: uint,
      model: (buff 32),
      prompt-hash: (buff 32),
      params: { temperature: uint, top-p: uint, top-k: uint, max-tokens: uint },
      constraint: (buff 32),
      max-fee: uint,
      beacon: (buff 32),
      client-nonce: (buff 16)
    }))
  (sha256 (unwrap-panic (to-consensus-buff? session-request))))

;; What the voucher key signs.
(define-read-only (voucher-digest (session uint) (cumulative uint) (requests uint))
  (structured-digest
    (sha256
      (unwrap-panic
        (to-consensus-buff?
          { session: session, cumulative: cumulative, requests: requests })))))

;; What judges sign: u1 valid, u2 invalid, u3 withheld.
(define-read-only (claim-digest (hash (buff 32)) (verdict uint))
  (structured-digest
    (sha256 (unwrap-panic (to-consensus-buff? { claim: hash, verdict: verdict })))))

(define-private (structured-digest (message-hash (buff 32)))
  (sha256 (concat (concat STRUCTURED-DATA-PREFIX DOMAIN-HASH) message-hash)))

;; ---------------------------------------------------------------------------------------------
;; The audit draw

;; Lots of a claim made under beacon number `sequence`: the sortition hash of the second beacon after
;; it, whose Bitcoin block cannot have been mined when the claim was. None before that.
(define-read-only (get-lots (sequence uint))
  (get sortition-hash (contract-call? .beacon get-at (+ sequence u2))))

;; Share of receipts to audit, millionths: 1 / (1 + clean / 8), at least the least.
(define-read-only (audit-rate (clean uint))
  (let ((rate (/ (* u8 MILLION) (+ u8 clean)))
        (least (get least-audit-rate (var-get parameters))))
    (if (> rate least) rate least)))

;; True when receipt number `receipt` is to be audited: the first 16 bytes of
;; sha256(lots || claim hash || number as 16 bytes), big-endian, are below rate x 2^128 / 10^6.
(define-read-only (is-audited (lots (buff 32)) (hash (buff 32)) (receipt uint) (rate uint))
  (let ((number (unwrap-panic (slice? (unwrap-panic (to-consensus-buff? receipt)) u1 u17)))
        (drawn (sha256 (concat (concat lots hash) number)))
        (lot
          (buff-to-uint-be
            (unwrap-panic (as-max-len? (unwrap-panic (slice? drawn u0 u16)) u16)))))
    (or
      (>= rate MILLION)
      (< lot (* rate LOT-UNIT)))))

;; 2^128 / 10^6, rounded down.
(define-constant LOT-UNIT u340282366920938463463374607431768)

(define-read-only (judge-entropy (lots (buff 32)) (hash (buff 32)))
  (sha256 (concat (concat lots hash) JUDGE-TAG)))

;; What an audit of a claim follows from: none before it is drawn. `judges` are indexes of signers of
;; `cycle`; each receipt by `is-audited`.
(define-read-only (get-audit (hash (buff 32)))
  (match (map-get? claims hash)
    made (match (get-lots (get sequence made))
      lots (let ((session (unwrap-panic (map-get? sessions (get session made))))
                 (host (get host session))
                 (operator (unwrap-panic (principal-of? (get host-key session)))))
        (some {
          lots: lots,
          rate: (get rate made),
          cycle: (get cycle made),
          judges: (contract-call? .signers draw-judges (get cycle made) (judge-entropy lots hash)
            host
            operator)
        }))
      none)
    none))

;; ---------------------------------------------------------------------------------------------
;; Parameters

;; Sets fee, audit rate, windows and slash; the governor only. Claims keep the rate they were made with.
;; @returns (ok true); u421, u601
(define-public (set-parameters
    (given {
      fee-rate: uint,
      least-audit-rate: uint,
      audit-window: uint,
      claim-grace: uint,
      slash-multiple: uint
    }))
  (begin
    (try! (contract-call? .governance check-governor contract-caller))
    (asserts! (<= (get fee-rate given) u1000) ERR-PARAMETERS)
    (asserts! (is-between (get least-audit-rate given) u1000 MILLION) ERR-PARAMETERS)
    (asserts! (is-between (get audit-window given) u6 u1008) ERR-PARAMETERS)
    (asserts! (is-between (get claim-grace given) u1 u1008) ERR-PARAMETERS)
    (asserts! (is-between (get slash-multiple given) u1 u100000) ERR-PARAMETERS)
    (var-set parameters given)
    (print (merge given { event: "sessions-parameters" }))
    (ok true)))

(define-private (is-between (value uint) (least uint) (most uint))
  (and (>= value least) (<= value most)))

;; ---------------------------------------------------------------------------------------------
;; Reading

(define-read-only (get-parameters)
  (var-get parameters))

(define-read-only (get-session (id uint))
  (map-get? sessions id))

(define-read-only (get-claim (hash (buff 32)))
  (map-get? claims hash))

(define-read-only (get-last-session-id)
  (var-get last-session-id))

(define-read-only (get-escrow)
  (var-get escrow))
