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

;; Signers of a cycle are also kept in pages, so that nobody loads the whole set to read a few.
(define-constant PAGE-SIZE u64)
;; Judges of one draw, and lots looked at for them.
(define-constant JUDGES u3)
(define-constant ADDRESS-VERSION (if is-in-mainnet 0x16 0x1a))
(define-constant LOTS (list u0 u1 u2 u3 u4 u5 u6 u7 u8 u9 u10 u11 u12 u13 u14 u15))

(define-data-var last-set-cycle uint u0)
(define-data-var cycle-count uint u0)

;; The set of a cycle, in the order in which signers are numbered: by public key.
(define-map cycle-signers uint (list 4000 { signer: principal, weight: uint }))
(define-map cycle-total-weights uint uint)
;; Stacks height at which the set was written.
(define-map cycle-heights uint uint)
;; The same set in pages, by the HASH160 of the key (a third of a principal's size), the weight of each
;; page, and the weight of each signer by its name.
(define-map pages { cycle: uint, page: uint } (list 64 { hash: (buff 20), weight: uint }))
(define-map page-weights uint (list 63 uint))
(define-map weights-by-signer { cycle: uint, signer: principal } uint)

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
    (set-pages cycle signers)
    (if (is-eq (mod cycle u2) u0)
      (var-set slots-even slots)
      (var-set slots-odd slots))
    (var-set last-set-cycle cycle)
    (var-set cycle-count (+ (var-get cycle-count) u1))
    (ok true)))

(define-private (to-slot (entry { signer: principal, weight: uint }))
  { signer: (get signer entry), num-slots: u1 })

(define-private (weight-of (entry { signer: principal, weight: uint }))
  (get weight entry))

(define-private (add-weight (entry { hash: (buff 20), weight: uint }) (total uint))
  (+ total (get weight entry)))

(define-private (set-pages
    (cycle uint) (signers (list 4000 { signer: principal, weight: uint })))
  (let ((last (fold add-to-page signers { cycle: cycle, entries: (list), weights: (list) })))
    (map-set page-weights cycle
      (if (is-eq (len (get entries last)) u0)
        (get weights last)
        (close-page last)))))

(define-private (add-to-page
    (entry { signer: principal, weight: uint })
    (state {
      cycle: uint,
      entries: (list 64 { hash: (buff 20), weight: uint }),
      weights: (list 63 uint)
    }))
  (let ((entries
          (unwrap-panic
            (as-max-len?
              (append (get entries state) {
                hash: (hash-of (get signer entry)),
                weight: (get weight entry)
              })
              u64)))
        (grown (merge state { entries: entries })))
    (map-set weights-by-signer { cycle: (get cycle state), signer: (get signer entry) }
      (get weight entry))
    (if (< (len entries) PAGE-SIZE)
      grown
      (merge state { entries: (list), weights: (close-page grown) }))))

;; Stores a page; answers the list of page weights with its own at the end.
(define-private (close-page
    (state {
      cycle: uint,
      entries: (list 64 { hash: (buff 20), weight: uint }),
      weights: (list 63 uint)
    }))
  (let ((page (len (get weights state)))
        (weight (fold add-weight (get entries state) u0)))
    (map-set pages { cycle: (get cycle state), page: page } (get entries state))
    (unwrap-panic (as-max-len? (append (get weights state) weight) u63))))

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

;; The hash in an address; empty for a contract, whose name no key has.
(define-read-only (hash-of (who principal))
  (match (principal-destruct? who)
    here (if (is-none (get name here)) (get hash-bytes here) 0x)
    elsewhere (if (is-none (get name elsewhere)) (get hash-bytes elsewhere) 0x)))

;; Up to 64 signers, from index 64 x page; empty beyond the end.
(define-read-only (get-page (cycle uint) (page uint))
  (default-to (list) (map-get? pages { cycle: cycle, page: page })))

;; One signer, read without loading the whole set.
(define-read-only (get-signer-entry (cycle uint) (signer-index uint))
  (match (element-at? (get-page cycle (/ signer-index PAGE-SIZE)) (mod signer-index PAGE-SIZE))
    entry (some {
      signer: (unwrap-panic (principal-construct? ADDRESS-VERSION (get hash entry))),
      weight: (get weight entry)
    })
    none))

;; Weight of one signer; zero when it is not in the set.
(define-read-only (get-signer-weight (cycle uint) (signer-index uint))
  (default-to u0 (get weight (get-signer-entry cycle signer-index))))

;; Weight of a principal; zero when it is no signer of the cycle.
(define-read-only (get-weight-of (cycle uint) (who principal))
  (default-to u0 (map-get? weights-by-signer { cycle: cycle, signer: who })))

(define-read-only (get-set-height (cycle uint))
  (map-get? cycle-heights cycle))

;; What a certificate is weighed against: the cycle (the newest when none is named), its weight
;; without the two principals of the host that is judged, their hashes, and the first page.
(define-read-only (get-panel (named (optional uint)) (owner principal) (operator principal))
  (let ((cycle (default-to (var-get last-set-cycle) named))
        (own-weight (get-own-weight cycle owner operator)))
    {
      cycle: cycle,
      total-weight: (- (get-total-weight cycle) own-weight),
      owner: (hash-of owner),
      operator: (hash-of operator),
      signers: (get-page cycle u0)
    }))

(define-private (get-own-weight (cycle uint) (owner principal) (operator principal))
  (+
    (get-weight-of cycle owner)
    (if (is-eq owner operator)
      u0
      (get-weight-of cycle operator))))

;; ---------------------------------------------------------------------------------------------
;; Drawing judges

;; Up to three different signers, by weight, never `owner` or `operator`, as ascending draws say:
;; lot i is the first 16 bytes of sha256(entropy || i as 16 bytes), big-endian, modulo the total weight;
;; signer k owns the interval from the sum of weights before it to the sum with it. Sixteen lots are
;; looked at; a lot that hits somebody already drawn or excluded is passed over.
;; @returns indexes in the order of the draw
(define-read-only (draw-judges
    (cycle uint) (entropy (buff 32)) (owner principal) (operator principal))
  (let ((total (get-total-weight cycle)))
    (if (is-eq total u0)
      (list)
      (get drawn
        (fold draw-judge LOTS {
          cycle: cycle,
          entropy: entropy,
          owner: (hash-of owner),
          operator: (hash-of operator),
          total: total,
          weights: (default-to (list) (map-get? page-weights cycle)),
          drawn: (list)
        })))))

(define-private (draw-judge
    (number uint)
    (state {
      cycle: uint,
      entropy: (buff 32),
      owner: (buff 20),
      operator: (buff 20),
      total: uint,
      weights: (list 63 uint),
      drawn: (list 3 uint)
    }))
  (if (>= (len (get drawn state)) JUDGES)
    state
    (let ((lot (mod (lot-of (get entropy state) number) (get total state)))
          (found (find-signer (get cycle state) (get weights state) lot))
          (index (get index found))
          (hash (get hash found)))
      (if (or
            (is-eq hash (get owner state))
            (is-eq hash (get operator state))
            (is-some (index-of? (get drawn state) index)))
        state
        (merge state {
          drawn: (unwrap-panic (as-max-len? (append (get drawn state) index) u3))
        })))))

(define-private (lot-of (entropy (buff 32)) (number uint))
  (let ((bytes (unwrap-panic (slice? (unwrap-panic (to-consensus-buff? number)) u1 u17)))
        (hash (sha256 (concat entropy bytes))))
    (buff-to-uint-be (unwrap-panic (as-max-len? (unwrap-panic (slice? hash u0 u16)) u16)))))

(define-private (find-signer (cycle uint) (weights (list 63 uint)) (lot uint))
  (let ((at (fold pass-page weights { left: lot, page: u0, is-found: false }))
        (page (get page at))
        (signers (get-page cycle page))
        (in-page (fold pass-signer signers { left: (get left at), slot: u0, is-found: false }))
        (entry (unwrap-panic (element-at? signers (get slot in-page)))))
    { index: (+ (* page PAGE-SIZE) (get slot in-page)), hash: (get hash entry) }))

(define-private (pass-page (weight uint) (state { left: uint, page: uint, is-found: bool }))
  (if (or (get is-found state) (< (get left state) weight))
    (merge state { is-found: true })
    { left: (- (get left state) weight), page: (+ (get page state) u1), is-found: false }))

(define-private (pass-signer
    (entry { hash: (buff 20), weight: uint })
    (state { left: uint, slot: uint, is-found: bool }))
  (if (or (get is-found state) (< (get left state) (get weight entry)))
    (merge state { is-found: true })
    {
      left: (- (get left state) (get weight entry)),
      slot: (+ (get slot state) u1),
      is-found: false
    }))

;; ---------------------------------------------------------------------------------------------
;; StackerDB

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
