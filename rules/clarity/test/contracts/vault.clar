;; A vault of m of n owners: proposals to pay or to change owners, approvals, a time lock, expiry.
(define-constant ERR-NOT-OWNER (err u500))
(define-constant ERR-NO-PROPOSAL (err u501))
(define-constant ERR-DONE (err u502))
(define-constant ERR-EARLY (err u503))
(define-constant ERR-VOTES (err u504))
(define-constant ERR-THRESHOLD (err u505))
(define-constant ERR-TWICE (err u506))
(define-constant ERR-LATE (err u507))
(define-constant LOCK u3)
(define-constant EXPIRY u60)

(define-data-var owners (list 10 principal) (list tx-sender))
(define-data-var threshold uint u1)
(define-data-var next-id uint u0)
(define-map proposals uint
  {by: principal, to: principal, amount: uint, memo: (string-utf8 40), at: uint, done: bool,
   votes: uint, kind: (string-ascii 8)})
(define-map votes {id: uint, owner: principal} bool)

(define-read-only (is-owner (who principal)) (is-some (index-of? (var-get owners) who)))
(define-read-only (get-owners) (var-get owners))
(define-read-only (get-proposal (id uint)) (map-get? proposals id))
(define-read-only (has-voted (id uint) (who principal))
  (default-to false (map-get? votes {id: id, owner: who})))
(define-read-only (ready-at (id uint))
  (match (map-get? proposals id) proposal (some (+ LOCK (get at proposal))) none))
(define-read-only (balance) (stx-get-balance current-contract))

(define-private (check-owner) (ok (asserts! (is-owner tx-sender) ERR-NOT-OWNER)))

(define-public (fund (amount uint)) (stx-transfer? amount tx-sender current-contract))

(define-private (add-proposal (kind (string-ascii 8)) (to principal) (amount uint) (memo (string-utf8 40)))
  (let ((id (var-get next-id)))
    (map-insert proposals id {by: tx-sender, to: to, amount: amount, memo: memo,
      at: burn-block-height, done: false, votes: u1, kind: kind})
    (map-insert votes {id: id, owner: tx-sender} true)
    (var-set next-id (+ id u1))
    (print {event: "propose", id: id, kind: kind, to: to, amount: amount, memo: memo})
    id))

(define-public (propose-payment (to principal) (amount uint) (memo (string-utf8 40)))
  (begin (try! (check-owner)) (ok (add-proposal "pay" to amount memo))))

(define-public (propose-owner (who principal))
  (begin (try! (check-owner)) (ok (add-proposal "add" who u0 u""))))

(define-public (propose-removal (who principal))
  (begin (try! (check-owner)) (ok (add-proposal "remove" who u0 u""))))

(define-public (propose-threshold (count uint))
  (begin
    (try! (check-owner))
    (asserts! (and (> count u0) (<= count (len (var-get owners)))) ERR-THRESHOLD)
    (ok (add-proposal "count" tx-sender count u""))))

(define-public (approve (id uint))
  (let ((proposal (unwrap! (map-get? proposals id) ERR-NO-PROPOSAL)))
    (try! (check-owner))
    (asserts! (not (get done proposal)) ERR-DONE)
    (asserts! (map-insert votes {id: id, owner: tx-sender} true) ERR-TWICE)
    (map-set proposals id (merge proposal {votes: (+ u1 (get votes proposal))}))
    (ok (+ u1 (get votes proposal)))))

(define-private (keep-unless (who principal) (state {out: principal, kept: (list 10 principal)}))
  (if (is-eq who (get out state))
    state
    (merge state {kept: (unwrap-panic (as-max-len? (append (get kept state) who) u10))})))

(define-private (without (who principal))
  (get kept (fold keep-unless (var-get owners) {out: who, kept: (list)})))

(define-private (carry-out (proposal {by: principal, to: principal, amount: uint,
    memo: (string-utf8 40), at: uint, done: bool, votes: uint, kind: (string-ascii 8)}))
  (let ((to (get to proposal)) (amount (get amount proposal)) (kind (get kind proposal)))
    (if (is-eq kind "pay")
      (as-contract? ((with-stx amount)) (try! (stx-transfer? amount tx-sender to)))
      (if (is-eq kind "add")
        (begin
          (asserts! (not (is-owner to)) ERR-TWICE)
          (var-set owners
            (unwrap! (as-max-len? (append (var-get owners) to) u10) ERR-THRESHOLD))
          (ok true))
        (if (is-eq kind "remove")
          (let ((left (without to)))
            (asserts! (>= (len left) (var-get threshold)) ERR-THRESHOLD)
            (var-set owners left)
            (ok true))
          (ok (var-set threshold amount)))))))

(define-public (execute (id uint))
  (let ((proposal (unwrap! (map-get? proposals id) ERR-NO-PROPOSAL)))
    (try! (check-owner))
    (asserts! (not (get done proposal)) ERR-DONE)
    (asserts! (>= (get votes proposal) (var-get threshold)) ERR-VOTES)
    (asserts! (>= burn-block-height (+ LOCK (get at proposal))) ERR-EARLY)
    (asserts! (<= burn-block-height (+ EXPIRY (get at proposal))) ERR-LATE)
    (map-set proposals id (merge proposal {done: true}))
    (carry-out proposal)))
