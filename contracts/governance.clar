;; governance: who may change the parameters of the inference protocol, and where money goes that
;; belongs to nobody. A person, a multisignature or a contract can be the governor; the boot address,
;; whose key nobody has, means that parameters stay as genesis set them.
;;
;; Parameters themselves live in the contracts that use them, each within bounds that are constants
;; there: a governor can tune the network, not break it. Clarity 3.

;; The caller is not the governor.
(define-constant ERR-NOT-GOVERNOR (err u601))

(define-data-var governor principal tx-sender)
;; None: what would go to the treasury is burned.
(define-data-var treasury (optional principal) none)

;; Run by the node while it makes the genesis block.
(define-private (set-genesis (who principal) (where (optional principal)))
  (begin
    (var-set governor who)
    (var-set treasury where)
    (ok true)))

;; Hands the office over. The governor only.
;; @returns (ok true); u601
(define-public (set-governor (who principal))
  (begin
    (try! (check-governor contract-caller))
    (var-set governor who)
    (print { event: "governor-changed", governor: who })
    (ok true)))

;; Names the account that gets the unburned rest of fees and slashes. The governor only.
;; @returns (ok true); u601
(define-public (set-treasury (where (optional principal)))
  (begin
    (try! (check-governor contract-caller))
    (var-set treasury where)
    (print { event: "treasury-changed", treasury: where })
    (ok true)))

;; For contracts whose parameters somebody wants to change.
;; @returns (ok true); u601
(define-read-only (check-governor (who principal))
  (if (is-eq who (var-get governor))
    (ok true)
    ERR-NOT-GOVERNOR))

(define-read-only (get-governor)
  (var-get governor))

(define-read-only (get-treasury)
  (var-get treasury))
