;; judges: certificates of verdicts, what judges earn, and what a convicted host loses.
;;
;; Signers of the reward cycle judge answers. .inference and .sessions ask this contract what a list
;; of signed verdicts weighs, send it the protocol fee and hand over convictions. Judges fetch their
;; pay themselves (`claim-reward`). A slashed bond is held for some Bitcoin blocks before it is
;; divided, so that a planted answer can be revealed (.plants).
;;
;; Invariant: this contract holds exactly `owed-total` + `held-total` + `unswept` micro-STX, unless
;; somebody makes it a present. Shares are basis points: 10,000 is all. Clarity 3.

(define-constant ERR-NO-SUCH-SIGNER (err u501))
(define-constant ERR-VERDICT-ORDER (err u502))
(define-constant ERR-VERDICT-SIGNATURE (err u503))
(define-constant ERR-TOO-LITTLE-WEIGHT (err u504))
(define-constant ERR-OWN-VERDICT (err u505))
(define-constant ERR-TOO-FEW-SIGNERS (err u506))
(define-constant ERR-CALLER (err u507))
(define-constant ERR-NOTHING-OWED (err u508))
(define-constant ERR-UNKNOWN-SLASH (err u509))
(define-constant ERR-SLASH-CLOSED (err u510))
(define-constant ERR-TOO-EARLY (err u511))
(define-constant ERR-PARAMETERS (err u512))

(define-constant ALL u10000)
(define-constant PAGE-SIZE u64)
;; Seven tenths of the weight, as for blocks.
(define-constant THRESHOLD-NUMERATOR u7)
(define-constant THRESHOLD-DENOMINATOR u10)
;; Convictions need two judges at least, whatever one of them weighs.
(define-constant MIN-CONVICTING u2)
(define-constant MAX-SLASH-HOLD u1008)

(define-constant HERE (as-contract tx-sender))
(define-constant NOTHING-OWED (list
  u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0
  u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0 u0))

(define-constant SLASH-HELD u1)
(define-constant SLASH-DIVIDED u2)
(define-constant SLASH-CANCELLED u3)

(define-data-var parameters
  {
    ;; Of a protocol fee: what the judges that signed share; the rest is swept.
    fee-judge-share: uint,
    ;; Of a slash, after the user's loss: convicting judges, and who brought a dispute.
    slash-judge-share: uint,
    slash-finder-share: uint,
    ;; Of what is swept: burned; the rest goes to the treasury.
    burn-share: uint,
    ;; Bitcoin blocks between a conviction and the division of the slash.
    slash-hold: uint
  }
  {
    fee-judge-share: u8000,
    slash-judge-share: u5000,
    slash-finder-share: u2500,
    burn-share: u10000,
    slash-hold: u12
  })

;; Micro-STX owed to signers of a cycle, by index, in pages of 64.
(define-map owed { cycle: uint, page: uint } (list 64 uint))
(define-data-var owed-total uint u0)
;; Where a signer wants its pay; itself by default.
(define-map recipients principal principal)

(define-data-var last-slash-id uint u0)
(define-data-var held-total uint u0)
(define-map slashes uint {
  host: principal,
  amount: uint,
  ;; Who lost how much by the host's fault.
  user: principal,
  loss: uint,
  finder: (optional principal),
  cycle: uint,
  ;; Indexes of the judges that convicted.
  judges: (list 64 uint),
  ;; Bitcoin height from which `divide-slash` works.
  divide-at: uint,
  status: uint
})

;; Rest of fees and slashes, until somebody sweeps it.
(define-data-var unswept uint u0)

;; ---------------------------------------------------------------------------------------------
;; Weighing

;; Sums the weight of verdicts: each of another signer, in ascending order of index, over `digest`. A
;; signer that is the host (its owner or its operating key) may not judge: its verdict is refused and
;; its weight is missing from the total. `cycle` none: the newest.
;; @returns (ok { cycle, weight, total-weight }); u501, u502, u503, u505
(define-read-only (weigh
    (digest (buff 32))
    (cycle (optional uint))
    (owner principal)
    (operator principal)
    (verdicts (list 64 { index: uint, signature: (buff 65) })))
  (let ((panel (contract-call? .signers get-panel cycle owner operator))
        (counted
          (try!
            (fold weigh-verdict verdicts
              (ok {
                count: {
                  digest: digest,
                  cycle: (get cycle panel),
                  owner: (get owner panel),
                  operator: (get operator panel),
                  page: u0,
                  least-index: u0,
                  weight: u0
                },
                signers: (get signers panel)
              })))))
    (ok {
      cycle: (get cycle panel),
      weight: (get weight (get count counted)),
      total-weight: (get total-weight panel)
    })))

;; As `weigh`, and the weight must be 70 % of the total.
;; @returns (ok { cycle, weight, total-weight }); u501 to u505
(define-read-only (certify
    (digest (buff 32))
    (cycle (optional uint))
    (owner principal)
    (operator principal)
    (verdicts (list 64 { index: uint, signature: (buff 65) })))
  (let ((found (try! (weigh digest cycle owner operator verdicts))))
    (asserts! (is-enough (get weight found) (get total-weight found)) ERR-TOO-LITTLE-WEIGHT)
    (ok found)))

;; As `certify`, for a finding against the host: at least two judges.
;; @returns (ok { cycle, weight, total-weight }); u501 to u506
(define-read-only (convict
    (digest (buff 32))
    (cycle (optional uint))
    (owner principal)
    (operator principal)
    (verdicts (list 64 { index: uint, signature: (buff 65) })))
  (begin
    (asserts! (>= (len verdicts) MIN-CONVICTING) ERR-TOO-FEW-SIGNERS)
    (certify digest cycle owner operator verdicts)))

(define-read-only (is-enough (weight uint) (total uint))
  (and
    (> total u0)
    (>= (* weight THRESHOLD-DENOMINATOR) (* total THRESHOLD-NUMERATOR))))

;; The page of signers is kept apart in the state: a variable costs by its size at every look.
(define-private (weigh-verdict
    (entry { index: uint, signature: (buff 65) })
    (before
      (response
        {
          count: {
            digest: (buff 32),
            cycle: uint,
            owner: (buff 20),
            operator: (buff 20),
            page: uint,
            least-index: uint,
            weight: uint
          },
          signers: (list 64 { hash: (buff 20), weight: uint })
        }
        uint)))
  (let ((state (try! before))
        (count (get count state))
        (index (get index entry))
        (page (/ index PAGE-SIZE))
        (signers
          (if (is-eq page (get page count))
            (get signers state)
            (contract-call? .signers get-page (get cycle count) page)))
        (judge (unwrap! (element-at? signers (mod index PAGE-SIZE)) ERR-NO-SUCH-SIGNER))
        (hash (get hash judge))
        (key
          (unwrap! (secp256k1-recover? (get digest count) (get signature entry))
            ERR-VERDICT-SIGNATURE)))
    (asserts! (>= index (get least-index count)) ERR-VERDICT-ORDER)
    (asserts! (is-eq (hash160 key) hash) ERR-VERDICT-SIGNATURE)
    (asserts! (not (or (is-eq hash (get owner count)) (is-eq hash (get operator count))))
      ERR-OWN-VERDICT)
    (ok {
      count: (merge count {
        page: page,
        least-index: (+ index u1),
        weight: (+ (get weight count) (get weight judge))
      }),
      signers: signers
    })))

;; ---------------------------------------------------------------------------------------------
;; Pay

;; Takes a protocol fee from the calling contract: the judges' share in equal parts to those that
;; signed, the rest to be swept. `judges` ascend. .inference and .sessions only.
;; @returns (ok amount); u507
(define-public (pay-fee (amount uint) (cycle uint) (judges (list 64 uint)))
  (begin
    (try! (check-caller))
    (try! (stx-transfer? amount tx-sender HERE))
    (let ((share (/ (* amount (get fee-judge-share (var-get parameters))) ALL))
          (paid (credit share cycle judges)))
      (var-set unswept (+ (var-get unswept) (- amount paid)))
      (ok amount))))

;; Pays a signer what it is owed for a cycle; anyone may call, the money goes to the signer or whom
;; it named.
;; @returns (ok amount); u501, u508
(define-public (claim-reward (cycle uint) (index uint))
  (let ((entry
          (unwrap! (contract-call? .signers get-signer-entry cycle index) ERR-NO-SUCH-SIGNER))
        (signer (get signer entry))
        (recipient (get-recipient signer))
        (amount (get-owed cycle index)))
    (asserts! (> amount u0) ERR-NOTHING-OWED)
    (clear-owed cycle index amount)
    (try! (as-contract (stx-transfer? amount tx-sender recipient)))
    (print {
      event: "reward-claimed",
      signer: signer,
      recipient: recipient,
      cycle: cycle,
      amount: amount
    })
    (ok amount)))

;; The calling signer's pay goes to `recipient` from now on.
;; @returns (ok true)
(define-public (set-recipient (recipient principal))
  (begin
    (map-set recipients tx-sender recipient)
    (ok true)))

;; Burns what was not owed to judges, or pays it to the treasury, as parameters say. Anyone may call.
;; @returns (ok amount); u508 nothing to sweep
(define-public (sweep)
  (let ((amount (var-get unswept))
        (treasury (contract-call? .governance get-treasury))
        (share
          (if (is-none treasury)
            ALL
            (get burn-share (var-get parameters))))
        (burned (/ (* amount share) ALL)))
    (asserts! (> amount u0) ERR-NOTHING-OWED)
    (var-set unswept u0)
    (if (> burned u0)
      (try! (as-contract (stx-burn? burned tx-sender)))
      true)
    (match treasury
      where (if (> amount burned)
        (try! (as-contract (stx-transfer? (- amount burned) tx-sender where)))
        true)
      true)
    (print { event: "rest-swept", burned: burned, treasury: (- amount burned) })
    (ok amount)))

;; Adds equal parts of `amount` to what `judges` are owed; answers what was given away.
(define-private (credit (amount uint) (cycle uint) (judges (list 64 uint)))
  (let ((count (len judges))
        (part (if (is-eq count u0) u0 (/ amount count)))
        (given (* part count)))
    (if (is-eq given u0)
      u0
      (let ((first (/ (unwrap-panic (element-at? judges u0)) PAGE-SIZE))
            (last
              (fold credit-one judges {
                cycle: cycle,
                part: part,
                page: first,
                amounts: (get-owed-page cycle first)
              })))
        (map-set owed { cycle: cycle, page: (get page last) } (get amounts last))
        (var-set owed-total (+ (var-get owed-total) given))
        given))))

(define-private (credit-one
    (index uint)
    (state { cycle: uint, part: uint, page: uint, amounts: (list 64 uint) }))
  (let ((page (/ index PAGE-SIZE))
        (slot (mod index PAGE-SIZE))
        (amounts (turn-page state page))
        (before (unwrap-panic (element-at? amounts slot))))
    (merge state {
      page: page,
      amounts: (unwrap-panic (replace-at? amounts slot (+ before (get part state))))
    })))

;; The amounts of `page`; those of the page before are stored when it is another.
(define-private (turn-page
    (state { cycle: uint, part: uint, page: uint, amounts: (list 64 uint) }) (page uint))
  (if (is-eq page (get page state))
    (get amounts state)
    (begin
      (map-set owed { cycle: (get cycle state), page: (get page state) } (get amounts state))
      (get-owed-page (get cycle state) page))))

(define-private (clear-owed (cycle uint) (index uint) (amount uint))
  (let ((page (/ index PAGE-SIZE)))
    (map-set owed { cycle: cycle, page: page }
      (unwrap-panic (replace-at? (get-owed-page cycle page) (mod index PAGE-SIZE) u0)))
    (var-set owed-total (- (var-get owed-total) amount))))

;; ---------------------------------------------------------------------------------------------
;; Slashes

;; Takes up to `amount` of a host's bond into custody. `loss` is what `user` is to get back from it.
;; .inference and .sessions only.
;; @returns (ok slash-id), zero when the host has no bond left to take; u507
(define-public (slash
    (host principal)
    (amount uint)
    (user principal)
    (loss uint)
    (finder (optional principal))
    (cycle uint)
    (judges (list 64 uint)))
  (begin
    (try! (check-caller))
    (let ((taken (try! (contract-call? .hosts slash host amount)))
          (id (+ (var-get last-slash-id) u1))
          (held {
            host: host,
            amount: taken,
            user: user,
            loss: (if (< loss taken) loss taken),
            finder: finder,
            cycle: cycle,
            judges: judges,
            divide-at: (+ burn-block-height (get slash-hold (var-get parameters))),
            status: SLASH-HELD
          }))
      (if (is-eq taken u0)
        (ok u0)
        (begin
          (map-set slashes id held)
          (var-set last-slash-id id)
          (var-set held-total (+ (var-get held-total) taken))
          (print (merge held { event: "host-slashed", id: id }))
          (ok id))))))

;; Divides a slash when its time has come: the user's loss, then the convicting judges in equal parts,
;; then who brought a dispute; the rest is swept. Anyone may call.
;; @returns (ok amount); u509, u510, u511
(define-public (divide-slash (id uint))
  (let ((held (try! (get-held id)))
        (amount (get amount held))
        (loss (get loss held))
        (open (- amount loss))
        (shares (var-get parameters))
        (for-finder
          (if (is-some (get finder held))
            (/ (* open (get slash-finder-share shares)) ALL)
            u0)))
    (asserts! (>= burn-block-height (get divide-at held)) ERR-TOO-EARLY)
    (let ((given
            (credit (/ (* open (get slash-judge-share shares)) ALL)
              (get cycle held)
              (get judges held))))
      (close-slash id held SLASH-DIVIDED)
      (var-set unswept (+ (var-get unswept) (- (- open for-finder) given)))
      (try! (send loss (get user held)))
      (try! (send for-finder (default-to (get user held) (get finder held))))
      (print {
        event: "slash-divided",
        id: id,
        user: loss,
        finder: for-finder,
        judges: given
      })
      (ok amount))))

;; Gives a held slash back to the host, because the answer was planted. .plants only.
;; @returns (ok amount); u507, u509, u510
(define-public (cancel-slash (id uint))
  (let ((held (try! (get-held id)))
        (amount (get amount held)))
    (asserts! (is-eq contract-caller .plants) ERR-CALLER)
    (close-slash id held SLASH-CANCELLED)
    (try! (as-contract (contract-call? .hosts restore (get host held) amount)))
    (print { event: "slash-cancelled", id: id })
    (ok amount)))

;; Takes a lazy judge's unclaimed pay of a cycle: half to who showed it, the rest to be swept.
;; .plants only.
;; @returns (ok amount); u507
(define-public (forfeit (cycle uint) (index uint) (finder principal))
  (let ((amount (get-owed cycle index))
        (half (/ amount u2)))
    (asserts! (is-eq contract-caller .plants) ERR-CALLER)
    (clear-owed cycle index amount)
    (var-set unswept (+ (var-get unswept) (- amount half)))
    (try! (send half finder))
    (ok amount)))

(define-private (get-held (id uint))
  (let ((held (unwrap! (map-get? slashes id) ERR-UNKNOWN-SLASH)))
    (asserts! (is-eq (get status held) SLASH-HELD) ERR-SLASH-CLOSED)
    (ok held)))

(define-private (close-slash
    (id uint)
    (held {
      host: principal,
      amount: uint,
      user: principal,
      loss: uint,
      finder: (optional principal),
      cycle: uint,
      judges: (list 64 uint),
      divide-at: uint,
      status: uint
    })
    (status uint))
  (begin
    (map-set slashes id (merge held { status: status }))
    (var-set held-total (- (var-get held-total) (get amount held)))))

(define-private (send (amount uint) (to principal))
  (if (is-eq amount u0)
    (ok true)
    (as-contract (stx-transfer? amount tx-sender to))))

(define-private (check-caller)
  (if (or (is-eq contract-caller .inference) (is-eq contract-caller .sessions))
    (ok true)
    ERR-CALLER))

;; ---------------------------------------------------------------------------------------------
;; Parameters

;; Sets the shares and the hold; the governor only.
;; @returns (ok true); u512, u601
(define-public (set-parameters
    (given {
      fee-judge-share: uint,
      slash-judge-share: uint,
      slash-finder-share: uint,
      burn-share: uint,
      slash-hold: uint
    }))
  (begin
    (try! (contract-call? .governance check-governor contract-caller))
    (asserts!
      (and
        (<= (get fee-judge-share given) ALL)
        (<= (+ (get slash-judge-share given) (get slash-finder-share given)) ALL)
        (<= (get burn-share given) ALL)
        (> (get slash-hold given) u0)
        (<= (get slash-hold given) MAX-SLASH-HOLD))
      ERR-PARAMETERS)
    (var-set parameters given)
    (print (merge given { event: "judges-parameters" }))
    (ok true)))

;; ---------------------------------------------------------------------------------------------
;; Reading

(define-read-only (get-parameters)
  (var-get parameters))

;; Micro-STX a signer of a cycle can claim.
(define-read-only (get-owed (cycle uint) (index uint))
  (unwrap-panic
    (element-at? (get-owed-page cycle (/ index PAGE-SIZE)) (mod index PAGE-SIZE))))

(define-read-only (get-owed-page (cycle uint) (page uint))
  (default-to NOTHING-OWED (map-get? owed { cycle: cycle, page: page })))

(define-read-only (get-recipient (signer principal))
  (default-to signer (map-get? recipients signer)))

(define-read-only (get-slash (id uint))
  (map-get? slashes id))

;; What this contract must hold, by kind.
(define-read-only (get-totals)
  {
    owed: (var-get owed-total),
    held: (var-get held-total),
    unswept: (var-get unswept)
  })
