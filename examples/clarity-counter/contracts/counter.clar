;; One counter for everybody, and one for each caller.
(define-constant ERR_ZERO (err u100))
(define-constant ERR_TOO_MUCH (err u101))

(define-data-var total uint u0)
(define-map counts principal uint)

(define-read-only (get-total)
  (var-get total))

(define-read-only (get-count (who principal))
  (default-to u0 (map-get? counts who)))

(define-private (note (who principal) (amount uint))
  (map-set counts who (+ (get-count who) amount)))

(define-public (increment)
  (add u1))

(define-public (add (amount uint))
  (begin
    (asserts! (> amount u0) ERR_ZERO)
    (asserts! (<= amount u1000) ERR_TOO_MUCH)
    (note tx-sender amount)
    (var-set total (+ (var-get total) amount))
    (print { event: "added", who: tx-sender, amount: amount, height: stacks-block-height })
    (ok (var-get total))))

;; Pays `amount` micro-STX to `who`: events of the chain itself.
(define-public (tip (who principal) (amount uint))
  (stx-transfer? amount tx-sender who))

;; Fails while running: there may be nothing to divide by.
(define-public (share (parts uint))
  (ok (/ (var-get total) parts)))
