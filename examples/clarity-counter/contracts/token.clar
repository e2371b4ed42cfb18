;; A SIP-010 token that anyone may mint for themselves, up to a limit.
(impl-trait .sip-010-trait.sip-010-trait)

(define-constant ERR_NOT_OWNER (err u4))
(define-constant ERR_LIMIT (err u5))
(define-constant MINT_MAX u1000000)

(define-fungible-token example-token u100000000)

(define-read-only (get-name) (ok "Example Token"))
(define-read-only (get-symbol) (ok "EXT"))
(define-read-only (get-decimals) (ok u6))
(define-read-only (get-balance (who principal)) (ok (ft-get-balance example-token who)))
(define-read-only (get-total-supply) (ok (ft-get-supply example-token)))
(define-read-only (get-token-uri) (ok none))

(define-public (mint (amount uint))
  (begin
    (asserts! (<= amount MINT_MAX) ERR_LIMIT)
    (ft-mint? example-token amount tx-sender)))

(define-public (burn (amount uint))
  (ft-burn? example-token amount tx-sender))

(define-public (transfer (amount uint) (sender principal) (recipient principal) (memo (optional (buff 34))))
  (begin
    (asserts! (is-eq tx-sender sender) ERR_NOT_OWNER)
    (try! (ft-transfer? example-token amount sender recipient))
    (match memo note (print note) 0x)
    (ok true)))
