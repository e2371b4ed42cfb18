;; models: the models that inference requests may name.
;;
;; A model is its manifest: weights, tokenizer, template, sampler and calibrated thresholds, hashed.
;; This contract maps that hash to a name and a place to fetch the manifest from. Registering needs a
;; bond and grants nothing: a host still has to offer the model, and judges check answers against the
;; manifest whose hash was named, whoever registered it. So anyone may register, and nobody, not even
;; the owner, can change what a hash means. A model can be retired: nothing new is asked of it, what
;; was asked is answered. Read by .hosts, .inference and .sessions. Clarity 3.

;; The manifest hash is registered already.
(define-constant ERR-KNOWN (err u101))
;; The name is empty, or the hash has not 32 bytes.
(define-constant ERR-NAME (err u102))
(define-constant ERR-UNKNOWN (err u103))
;; Neither the owner nor the governor.
(define-constant ERR-NOT-OWNER (err u104))
(define-constant ERR-RETIRED (err u105))
(define-constant ERR-PARAMETERS (err u106))

(define-constant MAX-BOND u100000000000)

;; Bond of a new model, micro-STX (10 STX): names are not free to be filled with rubbish.
(define-data-var bond-required uint u10000000)

;; Models so far; they are numbered from zero in the order they came.
(define-data-var model-count uint u0)

(define-map models (buff 32) {
  index: uint,
  name: (string-ascii 64),
  ;; Where the manifest can be fetched; the bytes there must hash to the key.
  uri: (string-ascii 256),
  owner: principal,
  bond: uint,
  ;; Bitcoin height of the registration.
  registered-at: uint,
  is-retired: bool
})

(define-map models-by-index uint (buff 32))

;; Adds a model; its bond moves from the caller to this contract.
;; @returns (ok index); u101, u102, u1 (no funds)
(define-public (register (manifest-hash (buff 32)) (name (string-ascii 64)) (uri (string-ascii 256)))
  (let ((bond (var-get bond-required)))
    (if (> bond u0)
      (try! (stx-transfer? bond tx-sender (as-contract tx-sender)))
      true)
    (add-model tx-sender manifest-hash name uri bond)))

;; Models of the genesis block have no bond. Run by the node while it makes that block.
(define-private (register-at-genesis
    (owner principal)
    (manifest-hash (buff 32))
    (name (string-ascii 64))
    (uri (string-ascii 256)))
  (add-model owner manifest-hash name uri u0))

(define-private (add-model
    (owner principal)
    (manifest-hash (buff 32))
    (name (string-ascii 64))
    (uri (string-ascii 256))
    (bond uint))
  (let ((index (var-get model-count)))
    (asserts! (is-eq (len manifest-hash) u32) ERR-NAME)
    (asserts! (> (len name) u0) ERR-NAME)
    (asserts!
      (map-insert models manifest-hash {
        index: index,
        name: name,
        uri: uri,
        owner: owner,
        bond: bond,
        registered-at: burn-block-height,
        is-retired: false
      })
      ERR-KNOWN)
    (map-set models-by-index index manifest-hash)
    (var-set model-count (+ index u1))
    (print {
      event: "model-registered",
      model: manifest-hash,
      index: index,
      name: name,
      uri: uri,
      owner: owner
    })
    (ok index)))

;; No new requests, sessions or hosts for a model; its owner gets the bond back. The owner or the
;; governor may call. For good: a hash that was retired stays so.
;; @returns (ok bond); u103, u104, u105
(define-public (retire (manifest-hash (buff 32)))
  (let ((model (unwrap! (map-get? models manifest-hash) ERR-UNKNOWN))
        (owner (get owner model))
        (bond (get bond model)))
    (asserts!
      (or
        (is-eq contract-caller owner)
        (is-eq contract-caller (contract-call? .governance get-governor)))
      ERR-NOT-OWNER)
    (asserts! (not (get is-retired model)) ERR-RETIRED)
    (map-set models manifest-hash (merge model { is-retired: true, bond: u0 }))
    (if (> bond u0)
      (try! (as-contract (stx-transfer? bond tx-sender owner)))
      true)
    (print { event: "model-retired", model: manifest-hash })
    (ok bond)))

;; Bond of models registered from now on; the governor only.
;; @returns (ok true); u106, u601
(define-public (set-bond (bond uint))
  (begin
    (try! (contract-call? .governance check-governor contract-caller))
    (asserts! (<= bond MAX-BOND) ERR-PARAMETERS)
    (var-set bond-required bond)
    (ok true)))

(define-read-only (get-bond)
  (var-get bond-required))

(define-read-only (get-model (manifest-hash (buff 32)))
  (map-get? models manifest-hash))

;; True for a model that may be asked: registered and not retired.
(define-read-only (is-known (manifest-hash (buff 32)))
  (match (map-get? models manifest-hash)
    model (not (get is-retired model))
    false))

(define-read-only (get-model-count)
  (var-get model-count))

;; The manifest hash of the model with this number.
(define-read-only (get-model-by-index (index uint))
  (map-get? models-by-index index))
