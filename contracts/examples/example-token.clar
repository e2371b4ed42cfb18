;; A small SIP-010 token: its deployer mints, holders transfer and burn. Used by tests of the chain
;; (events, post-conditions, traits); a starting point for people, not a product.

(impl-trait .sip-010-trait.sip-010-trait)

(define-constant ERR-NOT-OWNER (err u1))
(define-constant ERR-NOT-SENDER (err u4))

(define-constant OWNER tx-sender)

(define-fungible-token example-token)

(define-public (transfer
    (amount uint) (sender principal) (recipient principal) (memo (optional (buff 34))))
  (begin
    (asserts! (is-eq tx-sender sender) ERR-NOT-SENDER)
    (try! (ft-transfer? example-token amount sender recipient))
    (match memo note (print note) 0x)
    (ok true)))

(define-public (mint (amount uint) (recipient principal))
  (begin
    (asserts! (is-eq tx-sender OWNER) ERR-NOT-OWNER)
    (ft-mint? example-token amount recipient)))

(define-public (burn (amount uint))
  (ft-burn? example-token amount tx-sender))

(define-read-only (get-name)
  (ok "Example Token"))

(define-read-only (get-symbol)
  (ok "EXM"))

(define-read-only (get-decimals)
  (ok u6))

(define-read-only (get-balance (who principal))
  (ok (ft-get-balance example-token who)))

(define-read-only (get-total-supply)
  (ok (ft-get-supply example-token)))

(define-read-only (get-token-uri)
  (ok none))
