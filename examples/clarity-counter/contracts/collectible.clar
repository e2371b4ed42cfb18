;; A numbered collectible, bought with tokens of `.token`.
(use-trait ft .sip-010-trait.sip-010-trait)

(define-constant ERR_NOT_OWNER (err u401))
(define-constant ERR_NO_SUCH (err u404))
(define-constant PRICE u500)
(define-constant SELLER tx-sender)

(define-non-fungible-token collectible uint)
(define-data-var last-id uint u0)

(define-read-only (get-last-token-id) (ok (var-get last-id)))
(define-read-only (get-owner (id uint)) (ok (nft-get-owner? collectible id)))
(define-read-only (get-token-uri (id uint))
  (ok (if (<= id (var-get last-id)) (some u"https://example.org/collectible") none)))

(define-public (buy (coin <ft>))
  (let ((id (+ (var-get last-id) u1)))
    (try! (contract-call? coin transfer PRICE tx-sender SELLER none))
    (try! (nft-mint? collectible id tx-sender))
    (var-set last-id id)
    (ok id)))

(define-public (transfer (id uint) (sender principal) (recipient principal))
  (begin
    (asserts! (is-eq (some sender) (nft-get-owner? collectible id)) ERR_NO_SUCH)
    (asserts! (is-eq tx-sender sender) ERR_NOT_OWNER)
    (nft-transfer? collectible id sender recipient)))

(define-public (discard (id uint))
  (begin
    (asserts! (is-eq (some tx-sender) (nft-get-owner? collectible id)) ERR_NO_SUCH)
    (nft-burn? collectible id tx-sender)))
