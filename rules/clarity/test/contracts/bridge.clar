;; Registry of a bridge: signers attest deposits with secp256k1 keys, withdrawals prove membership
;; in a Merkle tree, replays are refused.
(define-constant ERR-OWNER (err u600))
(define-constant ERR-REPLAY (err u601))
(define-constant ERR-SIGNATURES (err u602))
(define-constant ERR-PROOF (err u603))
(define-constant ERR-PAYLOAD (err u604))
(define-constant ERR-ROOT (err u605))
(define-constant ERR-MINT (err u606))
(define-constant OWNER tx-sender)

(define-fungible-token wrapped)

(define-data-var signers (list 5 (buff 33)) (list))
(define-data-var needed uint u1)
(define-data-var nonce uint u0)
(define-map handled (buff 32) {height: uint, amount: uint})
(define-map roots uint (buff 32))
(define-map claimed {root: uint, index: uint} bool)

(define-read-only (get-handled (id (buff 32))) (map-get? handled id))
(define-read-only (get-balance (who principal)) (ft-get-balance wrapped who))
(define-read-only (get-signers) {keys: (var-get signers), needed: (var-get needed)})

(define-read-only (deposit-hash (txid (buff 32)) (amount uint) (to principal))
  (sha256 (concat 0x6272696467652d31
    (unwrap-panic (to-consensus-buff? {amount: amount, to: to, txid: txid})))))

(define-public (set-signers (keys (list 5 (buff 33))) (count uint))
  (begin
    (asserts! (is-eq tx-sender OWNER) ERR-OWNER)
    (asserts! (and (> count u0) (<= count (len keys))) ERR-SIGNATURES)
    (var-set signers keys)
    (var-set needed count)
    (ok (map address-of keys))))

(define-private (address-of (key (buff 33)))
  (match (principal-of? key) address (some address) code (begin (print code) none)))

(define-private (count-signature (signature (buff 65))
    (state {hash: (buff 32), seen: (list 5 (buff 33)), valid: uint}))
  (match (secp256k1-recover? (get hash state) signature)
    key (if (and (is-some (index-of? (var-get signers) key)) (is-none (index-of? (get seen state) key)))
      (merge state {
        seen: (default-to (get seen state) (as-max-len? (append (get seen state) key) u5)),
        valid: (+ u1 (get valid state))})
      state)
    code state))

(define-public (deposit (txid (buff 32)) (amount uint) (to principal) (signatures (list 5 (buff 65))))
  (let ((hash (deposit-hash txid amount to))
        (counted (fold count-signature signatures {hash: hash, seen: (list), valid: u0})))
    (asserts! (>= (get valid counted) (var-get needed)) ERR-SIGNATURES)
    (asserts! (map-insert handled txid {height: burn-block-height, amount: amount}) ERR-REPLAY)
    (unwrap! (ft-mint? wrapped amount to) ERR-MINT)
    (print {event: "deposit", txid: txid, amount: amount, to: to, by: (get seen counted)})
    (ok (get valid counted))))

;; A deposit whose fields come as one consensus-encoded payload.
(define-public (deposit-payload (payload (buff 256)) (signatures (list 5 (buff 65))))
  (let ((fields (unwrap! (from-consensus-buff? {amount: uint, to: principal, txid: (buff 32)} payload)
          ERR-PAYLOAD)))
    (deposit (get txid fields) (get amount fields) (get to fields) signatures)))

(define-public (withdraw (amount uint) (script (buff 40)))
  (let ((id (var-get nonce)))
    (try! (ft-burn? wrapped amount tx-sender))
    (var-set nonce (+ id u1))
    (print {event: "withdraw", id: id, amount: amount, script: script,
      hash: (hash160 (concat script (unwrap-panic (to-consensus-buff? id))))})
    (ok id)))

(define-public (post-root (at uint) (root (buff 32)))
  (begin
    (asserts! (is-eq tx-sender OWNER) ERR-OWNER)
    (ok (map-insert roots at root))))

(define-private (climb (sibling (buff 32)) (state {index: uint, node: (buff 32)}))
  {index: (bit-shift-right (get index state) u1),
   node: (if (is-eq u0 (mod (get index state) u2))
     (keccak256 (concat (get node state) sibling))
     (keccak256 (concat sibling (get node state))))})

(define-read-only (root-of (leaf (buff 32)) (index uint) (path (list 16 (buff 32))))
  (get node (fold climb path {index: index, node: leaf})))

(define-public (claim (at uint) (index uint) (amount uint) (path (list 16 (buff 32))))
  (let ((root (unwrap! (map-get? roots at) ERR-ROOT))
        (leaf (keccak256 (unwrap-panic
          (to-consensus-buff? {amount: amount, index: index, to: tx-sender})))))
    (asserts! (is-eq root (root-of leaf index path)) ERR-PROOF)
    (asserts! (map-insert claimed {root: at, index: index} true) ERR-REPLAY)
    (try! (ft-mint? wrapped amount tx-sender))
    (ok amount)))
