;; signers: the signers of each reward cycle and their weights, as the node wrote them.
;;
;; Nobody can call the private functions below in a transaction; the node runs them while it applies
;; the block that starts a cycle. Weights decide blocks (70 % of them) and verdicts on answers.
;; The shapes of the read functions are those of the contract of the same name on Stacks, so that
;; signer software reads both. Clarity 3.

(define-constant ERR-NO-SUCH-PAGE u1)
(define-constant ERR-CYCLE-NOT-SET u2)

;; Bytes of a StackerDB chunk of a signer (2 MiB), and writes per slot and cycle.
(define-constant CHUNK-SIZE u2097152)
(define-constant MAX-WRITES u4294967295)

(define-data-var last-set-cycle uint u0)
(define-data-var cycle-count uint u0)

;; The set of a cycle, in the order in which signers are numbered: by public key.
(define-map cycle-signers uint (list 4000 { signer: principal, weight: uint }))
(define-map cycle-total-weights uint uint)
;; Stacks height at which the set was written.
(define-map cycle-heights uint uint)
;; The same set, one entry per signer: a certificate of verdicts reads only whom it names.
(define-map signer-entries { cycle: uint, index: uint } { signer: principal, weight: uint })

;; Writers of the StackerDBs of even and odd cycles.
(define-data-var slots-even (list 4000 { signer: principal, num-slots: uint }) (list))
(define-data-var slots-odd (list 4000 { signer: principal, num-slots: uint }) (list))

;; ---------------------------------------------------------------------------------------------
;; Written by the node

(define-private (set-signers
    (cycle uint)
    (signers (list 4000 { signer: principal, weight: uint }))
    (set-at-height uint))
  (let ((slots (map to-slot signers)))
    (map-set cycle-signers cycle signers)
    (map-set cycle-total-weights cycle (fold + (map weight-of signers) u0))
    (map-set cycle-heights cycle set-at-height)
    (fold set-entry signers { cycle: cycle, index: u0 })
    (if (is-eq (mod cycle u2) u0)
      (var-set slots-even slots)
      (var-set slots-odd slots))
    (var-set last-set-cycle cycle)
    (var-set cycle-count (+ (var-get cycle-count) u1))
    (ok true)))

(define-private (to-slot (entry { signer: principal, weight: uint }))
  { signer: (get signer entry), num-slots: u1 })

(define-private (set-entry
    (entry { signer: principal, weight: uint }) (at { cycle: uint, index: uint }))
  (begin
    (map-set signer-entries at entry)
    { cycle: (get cycle at), index: (+ (get index at) u1) }))

(define-private (weight-of (entry { signer: principal, weight: uint }))
  (get weight entry))

;; ---------------------------------------------------------------------------------------------
;; Reading

;; The newest cycle with a set. Error before the first.
(define-read-only (get-last-set-cycle)
  (if (is-eq (var-get cycle-count) u0)
    (err ERR-CYCLE-NOT-SET)
    (ok (var-get last-set-cycle))))

(define-read-only (get-signers (cycle uint))
  (map-get? cycle-signers cycle))

;; Who judges answers now: the newest cycle and its total weight, zero before the first set.
(define-read-only (get-current)
  (let ((cycle (var-get last-set-cycle)))
    { cycle: cycle, total-weight: (get-total-weight cycle) }))

(define-read-only (get-signer-by-index (cycle uint) (signer-index uint))
  (match (map-get? cycle-signers cycle)
    signers (ok (element-at? signers signer-index))
    (err ERR-CYCLE-NOT-SET)))

;; Zero for an unknown cycle.
(define-read-only (get-total-weight (cycle uint))
  (default-to u0 (map-get? cycle-total-weights cycle)))

;; One signer, read without loading the whole set.
(define-read-only (get-signer-entry (cycle uint) (signer-index uint))
  (map-get? signer-entries { cycle: cycle, index: signer-index }))

;; Weight of one signer; zero when it is not in the set.
(define-read-only (get-signer-weight (cycle uint) (signer-index uint))
  (default-to u0 (get weight (get-signer-entry cycle signer-index))))

(define-read-only (get-set-height (cycle uint))
  (map-get? cycle-heights cycle))

;; Two pages: page 0 for even cycles, page 1 for odd ones.
(define-read-only (stackerdb-get-page-count)
  (ok u2))

(define-read-only (stackerdb-get-signer-slots-page (page uint))
  (if (is-eq page u0)
    (ok (var-get slots-even))
    (if (is-eq page u1)
      (ok (var-get slots-odd))
      (err ERR-NO-SUCH-PAGE))))

;; Configuration shared by all .signers-<page>-<lane> databases.
(define-read-only (stackerdb-get-config)
  (ok {
    chunk-size: CHUNK-SIZE,
    write-freq: u0,
    max-writes: MAX-WRITES,
    max-neighbors: u32,
    hint-replicas: (list)
  }))
