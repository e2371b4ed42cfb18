;; A SIP-010 token: owners, allowances to spend, minting by a minter, freezing.
(impl-trait .traits.fungible)

(define-constant ERR-NOT-OWNER (err u4))
(define-constant ERR-NOT-MINTER (err u401))
(define-constant ERR-FROZEN (err u423))
(define-constant ERR-ALLOWANCE (err u402))
(define-constant ERR-ZERO (err u3))

(define-fungible-token gold u1000000000000)

(define-data-var minter principal tx-sender)
(define-data-var token-uri (optional (string-utf8 256)) (some u"https://example.org/\u{e9}"))
(define-map frozen principal bool)
(define-map allowances {owner: principal, spender: principal} uint)

(define-read-only (get-name) (ok "Gold"))
(define-read-only (get-symbol) (ok "GLD"))
(define-read-only (get-decimals) (ok u6))
(define-read-only (get-balance (who principal)) (ok (ft-get-balance gold who)))
(define-read-only (get-total-supply) (ok (ft-get-supply gold)))
(define-read-only (get-token-uri) (ok (var-get token-uri)))
(define-read-only (is-frozen (who principal)) (default-to false (map-get? frozen who)))
(define-read-only (get-allowance (owner principal) (spender principal))
  (default-to u0 (map-get? allowances {owner: owner, spender: spender})))

(define-private (check-active (who principal))
  (if (is-frozen who) ERR-FROZEN (ok true)))

(define-public (transfer (amount uint) (from principal) (to principal) (memo (optional (buff 34))))
  (begin
    (asserts! (or (is-eq tx-sender from) (is-eq contract-caller from)) ERR-NOT-OWNER)
    (try! (check-active from))
    (try! (check-active to))
    (try! (ft-transfer? gold amount from to))
    (match memo text (begin (print text) true) true)
    (ok true)))

(define-public (approve (spender principal) (amount uint))
  (begin
    (asserts! (not (is-eq spender tx-sender)) ERR-NOT-OWNER)
    (if (is-eq amount u0)
      (map-delete allowances {owner: tx-sender, spender: spender})
      (map-set allowances {owner: tx-sender, spender: spender} amount))
    (print {event: "approve", owner: tx-sender, spender: spender, amount: amount})
    (ok true)))

(define-public (transfer-from (amount uint) (from principal) (to principal))
  (let ((left (get-allowance from tx-sender)))
    (asserts! (>= left amount) ERR-ALLOWANCE)
    (try! (check-active from))
    (try! (check-active to))
    (map-set allowances {owner: from, spender: tx-sender} (- left amount))
    (ft-transfer? gold amount from to)))

(define-public (mint (amount uint) (to principal))
  (begin
    (asserts! (is-eq tx-sender (var-get minter)) ERR-NOT-MINTER)
    (asserts! (> amount u0) ERR-ZERO)
    (print {event: "mint", amount: amount, to: to})
    (ft-mint? gold amount to)))

(define-public (burn (amount uint))
  (ft-burn? gold amount tx-sender))

(define-public (set-frozen (who principal) (state bool))
  (begin
    (asserts! (is-eq tx-sender (var-get minter)) ERR-NOT-MINTER)
    (if state (map-insert frozen who true) (map-delete frozen who))
    (ok (is-frozen who))))

(define-public (set-minter (who principal))
  (begin
    (asserts! (is-eq tx-sender (var-get minter)) ERR-NOT-MINTER)
    (var-set minter who)
    (ok who)))

(define-private (pay-one (item {to: principal, amount: uint}) (result (response uint uint)))
  (match result
    sum (match (ft-transfer? gold (get amount item) tx-sender (get to item))
      done (ok (+ sum (get amount item)))
      code (err code))
    code (err code)))

(define-public (pay-many (items (list 20 {to: principal, amount: uint})))
  (fold pay-one items (ok u0)))
