;; hosts: who answers inference requests, with what bond, at what price.
;;
;; A host has three identities: the principal that registers (owns the bond and earns the pay), the
;; operating key (33 bytes, lives on the serving machine, signs answers and can spend nothing) and
;; its index (its slot in the StackerDB .inference-receipts). The bond is held by this contract;
;; .judges takes it when a host is convicted. .inference asks `assign` who executes a request.
;;
;; A host says what its engine can prove (class A to D); buyers see it, and only class A is drawn. Prices
;; are micro-STX per token. Capacity is what a host says it can serve at a time; its weight in
;; the draw is no more than its bond covers and grows with its record. Invariant: this contract holds
;; exactly the sum of all bonds, unless somebody makes it a present. Clarity 3.

;; Caller or argument at fault.
(define-constant ERR-NOT-HOST (err u201))
(define-constant ERR-ALREADY-HOST (err u202))
(define-constant ERR-KEY (err u203))
(define-constant ERR-KEY-TAKEN (err u204))
(define-constant ERR-MODELS (err u205))
(define-constant ERR-UNKNOWN-MODEL (err u206))
(define-constant ERR-ASSURANCE (err u207))
(define-constant ERR-CAPACITY (err u208))
(define-constant ERR-PRICE (err u209))
(define-constant ERR-BOND (err u210))
(define-constant ERR-ENDPOINT (err u211))
(define-constant ERR-HOSTS-FULL (err u212))
(define-constant ERR-LEAVING (err u213))
(define-constant ERR-NOT-LEAVING (err u214))
(define-constant ERR-TOO-EARLY (err u215))
(define-constant ERR-CALLER (err u216))
(define-constant ERR-SUSPENDED (err u217))
(define-constant ERR-PENDING (err u218))
(define-constant ERR-SEAL-KEY (err u219))
(define-constant ERR-PARAMETERS (err u220))

;; Most that one host can weigh in a draw.
(define-constant MAX-CAPACITY u1024)
;; Highest price per token, micro-STX (1,000 STX); keeps tokens x price far below 2^128.
(define-constant MAX-PRICE u1000000000)
;; Hosts at a time; one StackerDB slot each.
(define-constant MAX-HOSTS u256)
;; Bitcoin blocks between `unbond` and `withdraw`: bounds of the parameter. A request can be
;; open for 1,008 blocks: the bond outlasts every one that was drawn before.
(define-constant LEAST-UNBOND-DELAY u1009)
(define-constant MOST-UNBOND-DELAY u4320)
(define-constant LEAST-MIN-BOND u1000000)

;; Outcomes, as .inference and .sessions report them.
(define-constant OUTCOME-SETTLED u1)
(define-constant OUTCOME-FAULT u2)
(define-constant OUTCOME-MISSED u3)
(define-constant OUTCOME-UNAUDITED u4)

(define-constant CLASS-A u1)
(define-constant CLASS-D u4)

(define-constant STATUS-ACTIVE u1)
(define-constant STATUS-SUSPENDED u2)
(define-constant STATUS-LEAVING u3)

(define-constant NEW-RECORD {
  settled: u0,
  faults: u0,
  missed: u0,
  earned: u0,
  clean: u0,
  lost: u0,
  pending: u0,
  bound-until: u0
})

(define-data-var parameters
  {
    ;; Least bond, micro-STX.
    min-bond: uint,
    ;; Bond that each unit of weight in a draw needs.
    bond-per-weight: uint,
    unbond-delay: uint
  }
  { min-bond: u100000000, bond-per-weight: u10000000, unbond-delay: u1152 })

(define-data-var host-count uint u0)
;; Seats that hosts have left, to be taken again.
(define-data-var free-seats (list 256 uint) (list))

;; What a host offers, and its bond.
(define-map hosts principal {
  index: uint,
  endpoint: (string-ascii 128),
  operating-key: (buff 33),
  ;; X25519 public key, for prompts that only this host may read.
  seal-key: (buff 32),
  models: (list 8 (buff 32)),
  ;; What its engine can prove: u1 to u4 for classes A to D (docs/protocol.md 2).
  assurance: uint,
  capacity: uint,
  input-price: uint,
  ;; Per prompt token that was in the host's cache already (sessions).
  cached-price: uint,
  output-price: uint,
  bond: uint,
  ;; Bitcoin height from which the bond may be withdrawn; none while the host serves.
  withdraw-at: (optional uint),
  ;; Bitcoin height at which a slash left too little bond.
  suspended-at: (optional uint)
})

;; What became of its work.
(define-map records principal {
  ;; Requests paid, answers judged false, requests left to others or to nobody; micro-STX earned.
  settled: uint,
  faults: uint,
  missed: uint,
  earned: uint,
  ;; Answers and claims judged true since the last fault; a miss halves it.
  clean: uint,
  ;; What the last fault took of that, until it is forgiven.
  lost: uint,
  ;; Session claims under audit, and the Bitcoin height until which settled answers can be disputed:
  ;; the bond stays while either is open.
  pending: uint,
  bound-until: uint
})

(define-map hosts-by-index uint principal)
;; An operating key belongs to one host, so that a signature names its host.
(define-map hosts-by-key (buff 33) principal)
;; Who is drawn for a model, in the order they joined it. The 32 with the highest bonds.
(define-map model-hosts (buff 32) (list 32 { host: principal, weight: uint, bond: uint }))
;; Writers of .inference-receipts: slot i belongs to the operating key of host i.
(define-data-var receipt-slots (list 256 { signer: principal, num-slots: uint }) (list))

;; ---------------------------------------------------------------------------------------------
;; Registration

;; Becomes a host; `bond` moves from the caller to this contract.
;; @returns (ok index); u202 to u212, u219, u1 (no funds)
(define-public (register
    (endpoint (string-ascii 128))
    (operating-key (buff 33))
    (seal-key (buff 32))
    (served (list 8 (buff 32)))
    (assurance uint)
    (capacity uint)
    (input-price uint)
    (cached-price uint)
    (output-price uint)
    (bond uint))
  (let ((operator (unwrap! (principal-of? operating-key) ERR-KEY))
        (index (try! (take-seat operator)))
        (host {
          index: index,
          endpoint: endpoint,
          operating-key: operating-key,
          seal-key: seal-key,
          models: served,
          assurance: assurance,
          capacity: capacity,
          input-price: input-price,
          cached-price: cached-price,
          output-price: output-price,
          bond: bond,
          withdraw-at: none,
          suspended-at: none
        }))
    (asserts! (is-none (map-get? hosts tx-sender)) ERR-ALREADY-HOST)
    (asserts! (>= bond (get min-bond (var-get parameters))) ERR-BOND)
    (try! (check-offer endpoint seal-key served assurance capacity))
    (try! (check-prices input-price cached-price output-price))
    (asserts! (map-insert hosts-by-key operating-key tx-sender) ERR-KEY-TAKEN)
    (map-set hosts-by-index index tx-sender)
    (map-set hosts tx-sender host)
    (map-set records tx-sender NEW-RECORD)
    (and (is-eq assurance CLASS-A)
      (join-models tx-sender served (weight-of capacity bond u0) bond))
    (try! (stx-transfer? bond tx-sender (as-contract tx-sender)))
    (print-host tx-sender "host-registered")
    (ok index)))

;; Changes everything but the bond. Requests drawn before keep the old key and prices.
;; @returns (ok true); u201, u203 to u209, u211, u213, u217, u219
(define-public (update
    (endpoint (string-ascii 128))
    (operating-key (buff 33))
    (seal-key (buff 32))
    (served (list 8 (buff 32)))
    (assurance uint)
    (capacity uint)
    (input-price uint)
    (cached-price uint)
    (output-price uint))
  (let ((host (try! (get-serving tx-sender)))
        (weight (weight-of capacity (get bond host) (get clean (get-record tx-sender)))))
    (asserts! (is-none (get suspended-at host)) ERR-SUSPENDED)
    (try! (check-offer endpoint seal-key served assurance capacity))
    (try! (check-prices input-price cached-price output-price))
    (try! (change-key host operating-key))
    (leave-models tx-sender (get models host))
    (and (is-eq assurance CLASS-A)
      (join-models tx-sender served weight (get bond host)))
    (map-set hosts tx-sender (merge host {
      endpoint: endpoint,
      operating-key: operating-key,
      seal-key: seal-key,
      models: served,
      assurance: assurance,
      capacity: capacity,
      input-price: input-price,
      cached-price: cached-price,
      output-price: output-price
    }))
    (print-host tx-sender "host-updated")
    (ok true)))

;; Another operating key, for a machine that is replaced or a key that was lost. The owner only;
;; answers to requests drawn before are still judged under the key copied into the request.
;; @returns (ok true); u201, u203, u204, u213
(define-public (set-operating-key (operating-key (buff 33)))
  (let ((host (try! (get-serving tx-sender))))
    (try! (change-key host operating-key))
    (map-set hosts tx-sender (merge host { operating-key: operating-key }))
    (print-host tx-sender "host-updated")
    (ok true)))

;; Adds to the bond; a suspended host whose bond suffices again is drawn again.
;; @returns (ok bond) with the new total; u201, u210, u213, u1 (no funds)
(define-public (increase-bond (amount uint))
  (let ((host (try! (get-serving tx-sender)))
        (bond (+ (get bond host) amount)))
    (asserts! (> amount u0) ERR-BOND)
    (set-bond tx-sender host bond)
    (try! (stx-transfer? amount tx-sender (as-contract tx-sender)))
    (print-host tx-sender "host-updated")
    (ok bond)))

;; Stops serving: no further draws; the bond stays for `unbond-delay` Bitcoin blocks.
;; @returns (ok height) from which `withdraw` works; u201, u213
(define-public (unbond)
  (let ((host (try! (get-serving tx-sender)))
        (height (+ burn-block-height (get unbond-delay (var-get parameters)))))
    (leave-models tx-sender (get models host))
    (map-set hosts tx-sender (merge host { models: (list), withdraw-at: (some height) }))
    (print-host tx-sender "host-leaving")
    (ok height)))

;; Pays the bond back after the delay and forgets the host; its seat is free again. Not while a claim
;; of it is under audit or an answer of it can be disputed.
;; @returns (ok bond); u201, u214, u215, u218
(define-public (withdraw)
  (let ((host (unwrap! (map-get? hosts tx-sender) ERR-NOT-HOST))
        (height (unwrap! (get withdraw-at host) ERR-NOT-LEAVING)))
    (asserts! (>= burn-block-height height) ERR-TOO-EARLY)
    (remove tx-sender host)))

;; Frees the seat of a host that has been suspended for `unbond-delay` blocks: what is left of the bond
;; goes to its owner. Anyone may call.
;; @returns (ok bond); u201, u214 not suspended, u215, u218
(define-public (evict (who principal))
  (let ((host (unwrap! (map-get? hosts who) ERR-NOT-HOST))
        (since (unwrap! (get suspended-at host) ERR-NOT-LEAVING)))
    (asserts! (>= burn-block-height (+ since (get unbond-delay (var-get parameters))))
      ERR-TOO-EARLY)
    (remove who host)))

;; ---------------------------------------------------------------------------------------------
;; Called by other contracts of the protocol

;; Counts how work of this host ended: `paid` micro-STX earned, `bound-until` the Bitcoin height until
;; which it answers for it. A host that has left meanwhile is not counted any more; that is no error,
;; or its open requests could never be closed. .inference and .sessions only.
;; @returns (ok true), (ok false) for somebody who is no host; u216
(define-public (record-outcome (who principal) (outcome uint) (paid uint) (bound-until uint))
  (begin
    (try! (check-reporter))
    (match (map-get? records who)
      before (let ((clean (clean-after (get clean before) outcome)))
        (map-set records who (merge before {
          settled: (+ (get settled before) (count-if outcome OUTCOME-SETTLED)),
          faults: (+ (get faults before) (count-if outcome OUTCOME-FAULT)),
          missed: (+ (get missed before) (count-if outcome OUTCOME-MISSED)),
          earned: (+ (get earned before) paid),
          clean: clean,
          lost: (if (is-eq outcome OUTCOME-FAULT) (get clean before) (get lost before)),
          bound-until: (larger (get bound-until before) bound-until)
        }))
        (or (is-eq (tier-of clean) (tier-of (get clean before)))
          (reweigh who clean))
        (ok true))
      (ok false))))

;; Takes a fault back, because the answer was planted, and gives back what it took of the record.
;; .plants only.
;; @returns (ok true), (ok false) for somebody who is no host; u216
(define-public (forgive (who principal))
  (begin
    (asserts! (is-eq contract-caller .plants) ERR-CALLER)
    (match (map-get? records who)
      before (let ((clean (+ (get clean before) (get lost before)))
                   (faults (get faults before)))
        (map-set records who (merge before {
          faults: (if (> faults u0) (- faults u1) u0),
          clean: clean,
          lost: u0
        }))
        (and (is-some (map-get? hosts who))
          (reweigh who clean))
        (ok true))
      (ok false))))

;; Claims of this host that come under audit. .sessions only.
;; @returns (ok true); u201, u216
(define-public (add-pending (who principal) (count uint))
  (let ((record (get-record who)))
    (asserts! (is-eq contract-caller .sessions) ERR-CALLER)
    (asserts! (is-some (map-get? hosts who)) ERR-NOT-HOST)
    (ok (map-set records who (merge record { pending: (+ (get pending record) count) })))))

;; A claim's audit is over. .sessions only.
;; @returns (ok true); u216
(define-public (remove-pending (who principal))
  (let ((record (get-record who)))
    (asserts! (is-eq contract-caller .sessions) ERR-CALLER)
    (ok (map-set records who (merge record { pending: (- (get pending record) u1) })))))

;; Moves up to `amount` of a bond to .judges. What is left may be too little to be drawn on.
;; @returns (ok taken); u216
(define-public (slash (who principal) (amount uint))
  (begin
    (asserts! (is-eq contract-caller .judges) ERR-CALLER)
    (match (map-get? hosts who)
      host (let ((bond (get bond host))
                 (taken (if (< amount bond) amount bond)))
        (set-bond who host (- bond taken))
        (if (> taken u0)
          (try! (as-contract (stx-transfer? taken tx-sender .judges)))
          true)
        (ok taken))
      (ok u0))))

;; Takes a slashed amount back from .judges, for the bond, or for the owner when it has left.
;; @returns (ok true); u216
(define-public (restore (who principal) (amount uint))
  (begin
    (asserts! (is-eq contract-caller .judges) ERR-CALLER)
    (match (map-get? hosts who)
      host (begin
        (set-bond who host (+ (get bond host) amount))
        (stx-transfer? amount tx-sender (as-contract tx-sender)))
      (stx-transfer? amount tx-sender who))))

;; ---------------------------------------------------------------------------------------------
;; The draw

;; Who executes a request, rank 0 first, with key and prices: the named host alone, or up to three
;; that are drawn. Empty when nobody serves the model.
(define-read-only (assign (model (buff 32)) (entropy (buff 32)) (named (optional principal)))
  (map to-executor
    (match named
      host (if (serves host model) (list host) (list))
      (draw-ranked model entropy))))

(define-private (to-executor (who principal))
  (let ((host (unwrap-panic (map-get? hosts who))))
    {
      host: who,
      key: (get operating-key host),
      input-price: (get input-price host),
      output-price: (get output-price host)
    }))

;; Up to three different hosts of the model, by weight. The lot of rank 0 is the first 16 bytes of
;; `entropy`, big-endian, modulo the total weight; hosts own the interval from the sum of weights
;; before them to the sum with them, in list order. Rank 1 is drawn so from sha256(entropy) among the
;; others, rank 2 from the hash of that.
(define-read-only (draw-ranked (model (buff 32)) (entropy (buff 32)))
  (let ((candidates (get-model-hosts model))
        (total (fold add-weight candidates u0))
        (first (draw-one candidates entropy total none none))
        (second-entropy (sha256 entropy))
        (left (- total (entry-weight first)))
        (second (draw-one candidates second-entropy left (entry-host first) none))
        (third
          (draw-one candidates (sha256 second-entropy)
            (- left (entry-weight second))
            (entry-host first)
            (entry-host second))))
    (match first
      a (match second
        b (match third
          c (list (get host a) (get host b) (get host c))
          (list (get host a) (get host b)))
        (list (get host a)))
      (list))))

(define-private (add-weight
    (entry { host: principal, weight: uint, bond: uint }) (total uint))
  (+ total (get weight entry)))

(define-private (entry-weight (entry (optional { host: principal, weight: uint })))
  (match entry found (get weight found) u0))

(define-private (entry-host (entry (optional { host: principal, weight: uint })))
  (match entry found (some (get host found)) none))

(define-private (draw-one
    (candidates (list 32 { host: principal, weight: uint, bond: uint }))
    (entropy (buff 32))
    (total uint)
    (not-this (optional principal))
    (nor-this (optional principal)))
  (if (is-eq total u0)
    none
    (get winner
      (fold pass-candidate candidates {
        lot: (mod (entropy-to-uint entropy) total),
        not-this: not-this,
        nor-this: nor-this,
        winner: none
      }))))

(define-private (pass-candidate
    (entry { host: principal, weight: uint, bond: uint })
    (state {
      lot: uint,
      not-this: (optional principal),
      nor-this: (optional principal),
      winner: (optional { host: principal, weight: uint })
    }))
  (let ((who (some (get host entry)))
        (weight (get weight entry))
        (lot (get lot state)))
    (if (or
          (is-some (get winner state))
          (is-eq who (get not-this state))
          (is-eq who (get nor-this state)))
      state
      (if (< lot weight)
        (merge state { winner: (some { host: (get host entry), weight: weight }) })
        (merge state { lot: (- lot weight) })))))

(define-private (entropy-to-uint (entropy (buff 32)))
  (buff-to-uint-be (unwrap-panic (as-max-len? (unwrap-panic (slice? entropy u0 u16)) u16))))

;; ---------------------------------------------------------------------------------------------
;; Weight

;; What a host weighs: its capacity, as far as the bond covers it, times one to four quarters by its
;; record; at least one.
(define-read-only (weight-of (capacity uint) (bond uint) (clean uint))
  (let ((covered (/ bond (get bond-per-weight (var-get parameters))))
        (usable (if (< capacity covered) capacity covered)))
    (larger u1 (/ (* usable (tier-of clean)) u4))))

;; Quarters of the weight: new and recently faulted hosts get one.
(define-private (tier-of (clean uint))
  (if (< clean u4)
    u1
    (if (< clean u16)
      u2
      (if (< clean u64) u3 u4))))

(define-private (clean-after (clean uint) (outcome uint))
  (if (is-eq outcome OUTCOME-SETTLED)
    (+ clean u1)
    (if (is-eq outcome OUTCOME-FAULT)
      u0
      (if (is-eq outcome OUTCOME-MISSED)
        (/ clean u2)
        clean))))

(define-private (count-if (outcome uint) (wanted uint))
  (if (is-eq outcome wanted) u1 u0))

(define-private (larger (a uint) (b uint))
  (if (> a b) a b))

;; Sets a bond, and what follows from it: weight, suspension, recovery.
(define-private (set-bond
    (who principal)
    (host {
      index: uint,
      endpoint: (string-ascii 128),
      operating-key: (buff 33),
      seal-key: (buff 32),
      models: (list 8 (buff 32)),
      assurance: uint,
      capacity: uint,
      input-price: uint,
      cached-price: uint,
      output-price: uint,
      bond: uint,
      withdraw-at: (optional uint),
      suspended-at: (optional uint)
    })
    (bond uint))
  (let ((is-enough (>= bond (get min-bond (var-get parameters))))
        (since (default-to burn-block-height (get suspended-at host)))
        (models (get models host)))
    (leave-models who models)
    (and is-enough
      (is-eq (get assurance host) CLASS-A)
      (join-models who models
        (weight-of (get capacity host) bond (get clean (get-record who)))
        bond))
    (map-set hosts who (merge host {
      bond: bond,
      suspended-at: (if is-enough none (some since))
    }))))

;; ---------------------------------------------------------------------------------------------
;; Lists of models

;; Enters a host into the list of every model it serves. A list of 32 is full: then the one with the
;; smallest bond makes room for a larger one, or the newcomer is not drawn (and still serves those
;; that name it).
(define-private (join-models
    (who principal) (served (list 8 (buff 32))) (weight uint) (bond uint))
  (begin
    (fold join-model served { host: who, weight: weight, bond: bond })
    true))

(define-private (join-model
    (model (buff 32)) (entry { host: principal, weight: uint, bond: uint }))
  (let ((members (get-model-hosts model))
        (weakest (get at (fold find-weakest members { at: u0, next: u0, bond: none }))))
    (match (as-max-len? (append members entry) u32)
      grown (map-set model-hosts model grown)
      (if (> (get bond entry) (get bond (unwrap-panic (element-at? members weakest))))
        (map-set model-hosts model (unwrap-panic (replace-at? members weakest entry)))
        false))
    entry))

(define-private (find-weakest
    (entry { host: principal, weight: uint, bond: uint })
    (state { at: uint, next: uint, bond: (optional uint) }))
  (let ((next (+ (get next state) u1)))
    (if (match (get bond state) least (< (get bond entry) least) true)
      { at: (get next state), next: next, bond: (some (get bond entry)) }
      (merge state { next: next }))))

;; Takes a host out of the lists again; the others keep their order.
(define-private (leave-models (who principal) (served (list 8 (buff 32))))
  (begin
    (fold leave-model served who)
    true))

(define-private (leave-model (model (buff 32)) (who principal))
  (begin
    (map-set model-hosts model
      (get kept (fold keep-others (get-model-hosts model) { leaver: who, kept: (list) })))
    who))

(define-private (keep-others
    (entry { host: principal, weight: uint, bond: uint })
    (state {
      leaver: principal,
      kept: (list 32 { host: principal, weight: uint, bond: uint })
    }))
  (if (is-eq (get host entry) (get leaver state))
    state
    (merge state {
      kept: (unwrap-panic (as-max-len? (append (get kept state) entry) u32))
    })))

;; A host's weight after its record has moved to another tier; its places in the lists stay.
(define-private (reweigh (who principal) (clean uint))
  (let ((host (unwrap-panic (map-get? hosts who)))
        (bond (get bond host))
        (weight (weight-of (get capacity host) bond clean)))
    (fold reweigh-in (get models host) { host: who, weight: weight, bond: bond })
    true))

(define-private (reweigh-in
    (model (buff 32)) (entry { host: principal, weight: uint, bond: uint }))
  (begin
    (map-set model-hosts model
      (get kept
        (fold replace-own (get-model-hosts model) { entry: entry, kept: (list) })))
    entry))

(define-private (replace-own
    (entry { host: principal, weight: uint, bond: uint })
    (state {
      entry: { host: principal, weight: uint, bond: uint },
      kept: (list 32 { host: principal, weight: uint, bond: uint })
    }))
  (let ((new (get entry state))
        (kept (if (is-eq (get host entry) (get host new)) new entry)))
    (merge state {
      kept: (unwrap-panic (as-max-len? (append (get kept state) kept) u32))
    })))

;; ---------------------------------------------------------------------------------------------
;; Inside

(define-private (check-offer
    (endpoint (string-ascii 128))
    (seal-key (buff 32))
    (served (list 8 (buff 32)))
    (assurance uint)
    (capacity uint))
  (begin
    (asserts! (> (len endpoint) u0) ERR-ENDPOINT)
    (asserts! (and (>= assurance CLASS-A) (<= assurance CLASS-D)) ERR-ASSURANCE)
    (asserts! (is-eq (len seal-key) u32) ERR-SEAL-KEY)
    (asserts! (and (> capacity u0) (<= capacity MAX-CAPACITY)) ERR-CAPACITY)
    (asserts! (> (len served) u0) ERR-MODELS)
    (try! (fold check-model served (ok (list))))
    (ok true)))

(define-private (check-model
    (model (buff 32)) (before (response (list 8 (buff 32)) uint)))
  (let ((seen (try! before)))
    (asserts! (is-none (index-of? seen model)) ERR-MODELS)
    (asserts! (contract-call? .models is-known model) ERR-UNKNOWN-MODEL)
    (ok (unwrap-panic (as-max-len? (append seen model) u8)))))

(define-private (check-prices (input-price uint) (cached-price uint) (output-price uint))
  (begin
    (asserts! (and (<= input-price MAX-PRICE) (<= output-price MAX-PRICE)) ERR-PRICE)
    (asserts! (<= cached-price input-price) ERR-PRICE)
    (ok true)))

(define-private (check-reporter)
  (if (or (is-eq contract-caller .inference) (is-eq contract-caller .sessions))
    (ok true)
    ERR-CALLER))

(define-private (get-serving (who principal))
  (let ((host (unwrap! (map-get? hosts who) ERR-NOT-HOST)))
    (asserts! (is-none (get withdraw-at host)) ERR-LEAVING)
    (ok host)))

(define-private (get-record (who principal))
  (default-to NEW-RECORD (map-get? records who)))

;; A free seat, or a new one; its receipts slot belongs to the operating key.
(define-private (take-seat (operator principal))
  (let ((free (var-get free-seats))
        (count (len free)))
    (if (> count u0)
      (let ((index (unwrap-panic (element-at? free (- count u1)))))
        (var-set free-seats (unwrap-panic (slice? free u0 (- count u1))))
        (set-receipt-slot index operator)
        (ok index))
      (let ((index (var-get host-count)))
        (var-set receipt-slots
          (unwrap!
            (as-max-len?
              (append (var-get receipt-slots) { signer: operator, num-slots: u1 })
              u256)
            ERR-HOSTS-FULL))
        (var-set host-count (+ index u1))
        (ok index)))))

(define-private (remove
    (who principal)
    (host {
      index: uint,
      endpoint: (string-ascii 128),
      operating-key: (buff 33),
      seal-key: (buff 32),
      models: (list 8 (buff 32)),
      assurance: uint,
      capacity: uint,
      input-price: uint,
      cached-price: uint,
      output-price: uint,
      bond: uint,
      withdraw-at: (optional uint),
      suspended-at: (optional uint)
    }))
  (let ((bond (get bond host))
        (index (get index host))
        (record (get-record who)))
    (asserts! (is-eq (get pending record) u0) ERR-PENDING)
    (asserts! (>= burn-block-height (get bound-until record)) ERR-PENDING)
    (leave-models who (get models host))
    (map-delete hosts who)
    (map-delete records who)
    (map-delete hosts-by-key (get operating-key host))
    (map-delete hosts-by-index index)
    (var-set free-seats
      (unwrap-panic (as-max-len? (append (var-get free-seats) index) u256)))
    (if (> bond u0)
      (try! (as-contract (stx-transfer? bond tx-sender who)))
      true)
    (print { event: "host-left", host: who, index: index, bond: bond })
    (ok bond)))

(define-private (change-key
    (host {
      index: uint,
      endpoint: (string-ascii 128),
      operating-key: (buff 33),
      seal-key: (buff 32),
      models: (list 8 (buff 32)),
      assurance: uint,
      capacity: uint,
      input-price: uint,
      cached-price: uint,
      output-price: uint,
      bond: uint,
      withdraw-at: (optional uint),
      suspended-at: (optional uint)
    })
    (key (buff 33)))
  (let ((operator (unwrap! (principal-of? key) ERR-KEY)))
    (map-delete hosts-by-key (get operating-key host))
    (asserts! (map-insert hosts-by-key key tx-sender) ERR-KEY-TAKEN)
    (set-receipt-slot (get index host) operator)
    (ok true)))

(define-private (set-receipt-slot (index uint) (operator principal))
  (var-set receipt-slots
    (unwrap-panic
      (replace-at? (var-get receipt-slots) index { signer: operator, num-slots: u1 }))))

(define-private (print-host (who principal) (event (string-ascii 16)))
  (print {
    event: event,
    host: who,
    record: (unwrap-panic (map-get? hosts who))
  }))

;; ---------------------------------------------------------------------------------------------
;; Parameters

;; Sets bond and delay for the future; the governor only. Bonds that are too small then are asked
;; for when they next change.
;; @returns (ok true); u220, u601
(define-public (set-parameters
    (given { min-bond: uint, bond-per-weight: uint, unbond-delay: uint }))
  (begin
    (try! (contract-call? .governance check-governor contract-caller))
    (asserts!
      (and
        (>= (get min-bond given) LEAST-MIN-BOND)
        (> (get bond-per-weight given) u0)
        (>= (get unbond-delay given) LEAST-UNBOND-DELAY)
        (<= (get unbond-delay given) MOST-UNBOND-DELAY))
      ERR-PARAMETERS)
    (var-set parameters given)
    (print (merge given { event: "hosts-parameters" }))
    (ok true)))

;; ---------------------------------------------------------------------------------------------
;; Reading

(define-read-only (get-parameters)
  (var-get parameters))

;; Offer, bond, record and status (u1 active, u2 suspended, u3 leaving) of a host.
(define-read-only (get-host (who principal))
  (match (map-get? hosts who)
    host (some (merge (merge host (get-record who)) { status: (status-of host) }))
    none))

(define-private (status-of
    (host {
      index: uint,
      endpoint: (string-ascii 128),
      operating-key: (buff 33),
      seal-key: (buff 32),
      models: (list 8 (buff 32)),
      assurance: uint,
      capacity: uint,
      input-price: uint,
      cached-price: uint,
      output-price: uint,
      bond: uint,
      withdraw-at: (optional uint),
      suspended-at: (optional uint)
    }))
  (if (is-some (get withdraw-at host))
    STATUS-LEAVING
    (if (is-some (get suspended-at host)) STATUS-SUSPENDED STATUS-ACTIVE)))

(define-read-only (get-host-count)
  (var-get host-count))

(define-read-only (get-host-by-index (index uint))
  (map-get? hosts-by-index index))

(define-read-only (get-host-by-key (operating-key (buff 33)))
  (map-get? hosts-by-key operating-key))

(define-read-only (get-model-hosts (model (buff 32)))
  (default-to (list) (map-get? model-hosts model)))

;; Least bond: what a conviction takes at least.
(define-read-only (get-min-bond)
  (get min-bond (var-get parameters)))

;; True when `who` may be given requests for this model.
(define-read-only (serves (who principal) (model (buff 32)))
  (match (map-get? hosts who)
    host (and
      (is-none (get withdraw-at host))
      (is-none (get suspended-at host))
      (is-some (index-of? (get models host) model)))
    false))

;; What a session copies: key, prices; none when the host does not serve the model.
(define-read-only (get-offer (who principal) (model (buff 32)))
  (if (serves who model)
    (match (map-get? hosts who)
      host (some {
        key: (get operating-key host),
        assurance: (get assurance host),
        input-price: (get input-price host),
        cached-price: (get cached-price host),
        output-price: (get output-price host)
      })
      none)
    none))

;; Answers judged true since the last fault; zero for somebody who is no host.
(define-read-only (get-clean (who principal))
  (get clean (get-record who)))

;; Writers of .inference-receipts in slot order. A seat that was left keeps its last writer until it
;; is taken again.
(define-read-only (get-receipt-slots)
  (var-get receipt-slots))
