;; hosts: who answers inference requests, with what bond, at what price.
;;
;; A host has three identities: the principal that registers (owns the bond and earns the pay), the
;; operating key (33 bytes, lives on the serving machine, signs answers and can spend nothing) and
;; its index (its slot in the StackerDB .inference-receipts). The bond is held by this contract.
;; .inference asks `draw` who executes a request and reports outcomes with `record-outcome`.
;;
;; Prices are micro-STX per token. Capacity is the weight in the draw: a host that can serve four
;; requests at a time registers four. Clarity 3.

;; Caller or argument at fault.
(define-constant ERR-NOT-HOST (err u201))
(define-constant ERR-ALREADY-HOST (err u202))
(define-constant ERR-KEY (err u203))
(define-constant ERR-KEY-TAKEN (err u204))
(define-constant ERR-MODELS (err u205))
(define-constant ERR-UNKNOWN-MODEL (err u206))
(define-constant ERR-MODEL-FULL (err u207))
(define-constant ERR-CAPACITY (err u208))
(define-constant ERR-PRICE (err u209))
(define-constant ERR-BOND (err u210))
(define-constant ERR-ENDPOINT (err u211))
(define-constant ERR-HOSTS-FULL (err u212))
(define-constant ERR-LEAVING (err u213))
(define-constant ERR-NOT-LEAVING (err u214))
(define-constant ERR-TOO-EARLY (err u215))
(define-constant ERR-NOT-INFERENCE (err u216))

;; Least bond, micro-STX (100 STX).
(define-constant MIN-BOND u100000000)
;; Most that one host can weigh in a draw.
(define-constant MAX-CAPACITY u1024)
;; Highest price per token, micro-STX (1,000 STX); keeps tokens x price far below 2^128.
(define-constant MAX-PRICE u1000000000)
;; Bitcoin blocks between `unbond` and `withdraw`, so that late evidence still finds the bond.
(define-constant UNBOND-DELAY u144)
;; Hosts ever registered; one StackerDB slot each.
(define-constant MAX-HOSTS u256)

;; Outcomes of a request, as .inference reports them.
(define-constant OUTCOME-SETTLED u1)
(define-constant OUTCOME-FAULT u2)
(define-constant OUTCOME-MISSED u3)

(define-data-var host-count uint u0)

(define-map hosts principal {
  index: uint,
  endpoint: (string-ascii 128),
  operating-key: (buff 33),
  models: (list 8 (buff 32)),
  capacity: uint,
  input-price: uint,
  output-price: uint,
  bond: uint,
  ;; Bitcoin height from which the bond may be withdrawn; none while the host serves.
  withdraw-at: (optional uint),
  ;; Requests paid, judged false, and never answered; micro-STX earned.
  settled: uint,
  faults: uint,
  missed: uint,
  earned: uint
})

(define-map hosts-by-index uint principal)
;; An operating key belongs to one host, so that a signature names its host.
(define-map hosts-by-key (buff 33) principal)
;; Who serves a model, in the order they joined it. The draw runs over this list.
(define-map model-hosts (buff 32) (list 32 principal))
;; Writers of .inference-receipts: slot i belongs to the operating key of host i.
(define-data-var receipt-slots (list 256 { signer: principal, num-slots: uint }) (list))

;; ---------------------------------------------------------------------------------------------
;; Registration

;; Becomes a host; `bond` moves from the caller to this contract.
;; @returns (ok index)
(define-public (register
    (endpoint (string-ascii 128))
    (operating-key (buff 33))
    (served (list 8 (buff 32)))
    (capacity uint)
    (input-price uint)
    (output-price uint)
    (bond uint))
  (let ((index (var-get host-count))
        (operator (unwrap! (principal-of? operating-key) ERR-KEY)))
    (asserts! (is-none (map-get? hosts tx-sender)) ERR-ALREADY-HOST)
    (asserts! (>= bond MIN-BOND) ERR-BOND)
    (try! (check-offer endpoint capacity input-price output-price))
    (asserts! (map-insert hosts-by-key operating-key tx-sender) ERR-KEY-TAKEN)
    (var-set receipt-slots
      (unwrap!
        (as-max-len? (append (var-get receipt-slots) { signer: operator, num-slots: u1 }) u256)
        ERR-HOSTS-FULL))
    (map-set hosts-by-index index tx-sender)
    (var-set host-count (+ index u1))
    (try! (join-models served))
    (map-set hosts tx-sender {
      index: index,
      endpoint: endpoint,
      operating-key: operating-key,
      models: served,
      capacity: capacity,
      input-price: input-price,
      output-price: output-price,
      bond: bond,
      withdraw-at: none,
      settled: u0,
      faults: u0,
      missed: u0,
      earned: u0
    })
    (try! (stx-transfer? bond tx-sender (as-contract tx-sender)))
    (print-host "host-registered")
    (ok index)))

;; Changes everything but the bond. Requests drawn before keep the old key and prices.
;; @returns (ok true)
(define-public (update
    (endpoint (string-ascii 128))
    (operating-key (buff 33))
    (served (list 8 (buff 32)))
    (capacity uint)
    (input-price uint)
    (output-price uint))
  (let ((host (unwrap! (map-get? hosts tx-sender) ERR-NOT-HOST))
        (operator (unwrap! (principal-of? operating-key) ERR-KEY)))
    (asserts! (is-none (get withdraw-at host)) ERR-LEAVING)
    (try! (check-offer endpoint capacity input-price output-price))
    (map-delete hosts-by-key (get operating-key host))
    (asserts! (map-insert hosts-by-key operating-key tx-sender) ERR-KEY-TAKEN)
    (set-receipt-slot (get index host) operator)
    (leave-models (get models host))
    (try! (join-models served))
    (map-set hosts tx-sender (merge host {
      endpoint: endpoint,
      operating-key: operating-key,
      models: served,
      capacity: capacity,
      input-price: input-price,
      output-price: output-price
    }))
    (print-host "host-updated")
    (ok true)))

;; Adds to the bond.
;; @returns (ok bond) with the new total
(define-public (increase-bond (amount uint))
  (let ((host (unwrap! (map-get? hosts tx-sender) ERR-NOT-HOST))
        (bond (+ (get bond host) amount)))
    (asserts! (is-none (get withdraw-at host)) ERR-LEAVING)
    (asserts! (> amount u0) ERR-BOND)
    (map-set hosts tx-sender (merge host { bond: bond }))
    (try! (stx-transfer? amount tx-sender (as-contract tx-sender)))
    (print-host "host-updated")
    (ok bond)))

;; Stops serving: no further draws; the bond stays for UNBOND-DELAY Bitcoin blocks.
;; @returns (ok height) from which `withdraw` works
(define-public (unbond)
  (let ((host (unwrap! (map-get? hosts tx-sender) ERR-NOT-HOST))
        (height (+ burn-block-height UNBOND-DELAY)))
    (asserts! (is-none (get withdraw-at host)) ERR-LEAVING)
    (leave-models (get models host))
    (map-set hosts tx-sender (merge host { models: (list), withdraw-at: (some height) }))
    (print-host "host-leaving")
    (ok height)))

;; Pays the bond back after the delay and forgets the host; its index stays taken.
;; @returns (ok bond)
(define-public (withdraw)
  (let ((host (unwrap! (map-get? hosts tx-sender) ERR-NOT-HOST))
        (height (unwrap! (get withdraw-at host) ERR-NOT-LEAVING))
        (owner tx-sender)
        (bond (get bond host)))
    (asserts! (>= burn-block-height height) ERR-TOO-EARLY)
    (map-delete hosts owner)
    (map-delete hosts-by-key (get operating-key host))
    (map-delete hosts-by-index (get index host))
    (try! (as-contract (stx-transfer? bond tx-sender owner)))
    (print { event: "host-left", host: owner, index: (get index host), bond: bond })
    (ok bond)))

;; ---------------------------------------------------------------------------------------------
;; Called by .inference only

;; Counts how a request of this host ended. `paid` in micro-STX. A host that has left meanwhile is
;; not counted any more; that is no error, or its open requests could never be closed.
(define-public (record-outcome (who principal) (outcome uint) (paid uint))
  (begin
    (asserts! (is-eq contract-caller .inference) ERR-NOT-INFERENCE)
    (match (map-get? hosts who)
      host (ok (map-set hosts who (merge host {
        settled: (+ (get settled host) (if (is-eq outcome OUTCOME-SETTLED) u1 u0)),
        faults: (+ (get faults host) (if (is-eq outcome OUTCOME-FAULT) u1 u0)),
        missed: (+ (get missed host) (if (is-eq outcome OUTCOME-MISSED) u1 u0)),
        earned: (+ (get earned host) paid)
      })))
      (ok false))))

;; ---------------------------------------------------------------------------------------------
;; The draw

;; Who executes: a host serving the model, with probability capacity / total capacity.
;; The lot is the first 16 bytes of `entropy`, big-endian, modulo the total; hosts take the interval
;; [sum before, sum before + capacity) in list order. None when nobody serves the model.
(define-read-only (draw (model (buff 32)) (entropy (buff 32)))
  (let ((candidates (get-model-hosts model))
        (total (fold add-capacity candidates u0)))
    (if (is-eq total u0)
      none
      (get winner
        (fold pick candidates { lot: (mod (entropy-to-uint entropy) total), winner: none })))))

(define-private (add-capacity (who principal) (total uint))
  (+ total (capacity-of who)))

(define-private (pick (who principal) (state { lot: uint, winner: (optional principal) }))
  (let ((capacity (capacity-of who))
        (lot (get lot state)))
    (if (is-some (get winner state))
      state
      (if (< lot capacity)
        { lot: lot, winner: (some who) }
        { lot: (- lot capacity), winner: none }))))

(define-private (entropy-to-uint (entropy (buff 32)))
  (buff-to-uint-be (unwrap-panic (as-max-len? (unwrap-panic (slice? entropy u0 u16)) u16))))

;; Zero for somebody who is no host (any more).
(define-read-only (capacity-of (who principal))
  (default-to u0 (get capacity (map-get? hosts who))))

;; ---------------------------------------------------------------------------------------------
;; Reading

(define-read-only (get-host (who principal))
  (map-get? hosts who))

(define-read-only (get-host-count)
  (var-get host-count))

(define-read-only (get-host-by-index (index uint))
  (map-get? hosts-by-index index))

(define-read-only (get-host-by-key (operating-key (buff 33)))
  (map-get? hosts-by-key operating-key))

(define-read-only (get-model-hosts (model (buff 32)))
  (default-to (list) (map-get? model-hosts model)))

;; True when `who` may be given requests for this model.
(define-read-only (serves (who principal) (model (buff 32)))
  (match (map-get? hosts who)
    host (and (is-none (get withdraw-at host)) (is-some (index-of? (get models host) model)))
    false))

;; Writers of .inference-receipts in slot order.
(define-read-only (get-receipt-slots)
  (var-get receipt-slots))

;; ---------------------------------------------------------------------------------------------
;; Inside

(define-private (check-offer
    (endpoint (string-ascii 128)) (capacity uint) (input-price uint) (output-price uint))
  (begin
    (asserts! (> (len endpoint) u0) ERR-ENDPOINT)
    (asserts! (and (> capacity u0) (<= capacity MAX-CAPACITY)) ERR-CAPACITY)
    (asserts! (and (<= input-price MAX-PRICE) (<= output-price MAX-PRICE)) ERR-PRICE)
    (ok true)))

;; Enters tx-sender into the list of every model it serves. Refuses no model, an unknown one, one
;; named twice, and one that has 32 hosts already.
(define-private (join-models (served (list 8 (buff 32))))
  (begin
    (asserts! (> (len served) u0) ERR-MODELS)
    (fold join-model served (ok true))))

(define-private (join-model (model (buff 32)) (before (response bool uint)))
  (let ((members (get-model-hosts model)))
    (try! before)
    (asserts! (contract-call? .models is-known model) ERR-UNKNOWN-MODEL)
    (asserts! (is-none (index-of? members tx-sender)) ERR-MODELS)
    (map-set model-hosts model
      (unwrap! (as-max-len? (append members tx-sender) u32) ERR-MODEL-FULL))
    (ok true)))

;; Takes tx-sender out of the lists again; the others keep their order.
(define-private (leave-models (served (list 8 (buff 32))))
  (fold leave-model served true))

(define-private (leave-model (model (buff 32)) (unused bool))
  (map-set model-hosts model
    (get kept (fold keep-others (get-model-hosts model) { leaver: tx-sender, kept: (list) }))))

(define-private (keep-others
    (who principal) (state { leaver: principal, kept: (list 32 principal) }))
  (if (is-eq who (get leaver state))
    state
    (merge state {
      kept: (unwrap-panic (as-max-len? (append (get kept state) who) u32))
    })))

(define-private (set-receipt-slot (index uint) (operator principal))
  (var-set receipt-slots
    (unwrap-panic
      (replace-at? (var-get receipt-slots) index { signer: operator, num-slots: u1 }))))

(define-private (print-host (event (string-ascii 16)))
  (print {
    event: event,
    host: tx-sender,
    record: (unwrap-panic (map-get? hosts tx-sender))
  }))
