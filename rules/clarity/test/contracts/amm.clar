;; A constant-product market of STX against any token: liquidity shares, fees, slippage limits.
(use-trait fungible .traits.fungible)

(define-constant ERR-PAUSED (err u200))
(define-constant ERR-NO-POOL (err u201))
(define-constant ERR-SLIPPAGE (err u202))
(define-constant ERR-ZERO (err u203))
(define-constant ERR-OWNER (err u204))
(define-constant ERR-EXISTS (err u205))
(define-constant ERR-SHARES (err u206))
(define-constant OWNER tx-sender)
(define-constant BPS u10000)
(define-constant MINIMUM u1000)

(define-fungible-token shares)

(define-data-var paused bool false)
(define-data-var fee-bps uint u30)
(define-data-var trades uint u0)
(define-map pools principal {stx: uint, tokens: uint, shares: uint, fees: uint})
(define-map shares-of {pool: principal, owner: principal} uint)

(define-read-only (get-pool (token principal)) (map-get? pools token))
(define-read-only (get-shares (token principal) (owner principal))
  (default-to u0 (map-get? shares-of {pool: token, owner: owner})))

;; What `amount` in gives out, after the fee, from reserves `from` and `to`.
(define-read-only (quote (amount uint) (from uint) (to uint))
  (let ((after-fee (* amount (- BPS (var-get fee-bps)))))
    (/ (* after-fee to) (+ (* from BPS) after-fee))))

(define-private (pay-out (amount uint) (to principal))
  (if (is-eq amount u0) (ok true) (as-contract (stx-transfer? amount tx-sender to))))

(define-public (create-pool (token <fungible>) (stx uint) (tokens uint))
  (let ((id (contract-of token))
        (made (sqrti (* stx tokens))))
    (asserts! (not (var-get paused)) ERR-PAUSED)
    (asserts! (is-none (map-get? pools id)) ERR-EXISTS)
    (asserts! (> made MINIMUM) ERR-ZERO)
    (try! (stx-transfer? stx tx-sender (as-contract tx-sender)))
    (try! (contract-call? token transfer tokens tx-sender (as-contract tx-sender) none))
    (try! (ft-mint? shares made tx-sender))
    (map-set pools id {stx: stx, tokens: tokens, shares: made, fees: u0})
    (map-set shares-of {pool: id, owner: tx-sender} made)
    (print {event: "create", pool: id, shares: made})
    (ok made)))

(define-public (add-liquidity (token <fungible>) (stx uint) (most-tokens uint))
  (let ((id (contract-of token))
        (pool (unwrap! (map-get? pools id) ERR-NO-POOL))
        (tokens (/ (* stx (get tokens pool)) (get stx pool)))
        (made (/ (* stx (get shares pool)) (get stx pool))))
    (asserts! (not (var-get paused)) ERR-PAUSED)
    (asserts! (and (> stx u0) (> made u0)) ERR-ZERO)
    (asserts! (<= tokens most-tokens) ERR-SLIPPAGE)
    (try! (stx-transfer? stx tx-sender (as-contract tx-sender)))
    (try! (contract-call? token transfer tokens tx-sender (as-contract tx-sender) (some 0x616464)))
    (try! (ft-mint? shares made tx-sender))
    (map-set pools id (merge pool {
      stx: (+ (get stx pool) stx),
      tokens: (+ (get tokens pool) tokens),
      shares: (+ (get shares pool) made)}))
    (map-set shares-of {pool: id, owner: tx-sender} (+ made (get-shares id tx-sender)))
    (ok {shares: made, tokens: tokens})))

(define-public (remove-liquidity (token <fungible>) (amount uint))
  (let ((id (contract-of token))
        (pool (unwrap! (map-get? pools id) ERR-NO-POOL))
        (owner tx-sender)
        (own (get-shares id owner))
        (stx (/ (* amount (get stx pool)) (get shares pool)))
        (tokens (/ (* amount (get tokens pool)) (get shares pool))))
    (asserts! (and (> amount u0) (>= own amount)) ERR-SHARES)
    (try! (ft-burn? shares amount owner))
    (try! (pay-out stx owner))
    (try! (as-contract (contract-call? token transfer tokens tx-sender owner none)))
    (map-set shares-of {pool: id, owner: owner} (- own amount))
    (map-set pools id (merge pool {
      stx: (- (get stx pool) stx),
      tokens: (- (get tokens pool) tokens),
      shares: (- (get shares pool) amount)}))
    (ok {stx: stx, tokens: tokens})))

(define-private (book (id principal) (pool {stx: uint, tokens: uint, shares: uint, fees: uint}) (fee uint))
  (begin
    (var-set trades (+ u1 (var-get trades)))
    (map-set pools id (merge pool {fees: (+ fee (get fees pool))}))))

(define-public (buy (token <fungible>) (stx uint) (least uint))
  (let ((id (contract-of token))
        (pool (unwrap! (map-get? pools id) ERR-NO-POOL))
        (buyer tx-sender)
        (out (quote stx (get stx pool) (get tokens pool))))
    (asserts! (not (var-get paused)) ERR-PAUSED)
    (asserts! (> stx u0) ERR-ZERO)
    (asserts! (and (>= out least) (> out u0)) ERR-SLIPPAGE)
    (try! (stx-transfer? stx buyer (as-contract tx-sender)))
    (try! (as-contract (contract-call? token transfer out tx-sender buyer none)))
    (book id
      (merge pool {stx: (+ (get stx pool) stx), tokens: (- (get tokens pool) out)})
      (/ (* stx (var-get fee-bps)) BPS))
    (print {event: "buy", stx: stx, out: out})
    (ok out)))

(define-public (sell (token <fungible>) (tokens uint) (least uint))
  (let ((id (contract-of token))
        (pool (unwrap! (map-get? pools id) ERR-NO-POOL))
        (seller tx-sender)
        (out (quote tokens (get tokens pool) (get stx pool))))
    (asserts! (not (var-get paused)) ERR-PAUSED)
    (asserts! (and (>= out least) (> out u0)) ERR-SLIPPAGE)
    (try! (contract-call? token transfer tokens seller (as-contract tx-sender) none))
    (try! (pay-out out seller))
    (book id
      (merge pool {stx: (- (get stx pool) out), tokens: (+ (get tokens pool) tokens)})
      (/ (* out (var-get fee-bps)) BPS))
    (print {event: "sell", tokens: tokens, out: out})
    (ok out)))

(define-public (set-fee (bps uint))
  (begin
    (asserts! (is-eq tx-sender OWNER) ERR-OWNER)
    (asserts! (<= bps u1000) ERR-SLIPPAGE)
    (ok (var-set fee-bps bps))))

(define-public (set-paused (state bool))
  (begin
    (asserts! (is-eq contract-caller OWNER) ERR-OWNER)
    (ok (var-set paused state))))
