;; models: the models that inference requests may name.
;;
;; A model is its manifest: weights, tokenizer, template, sampler and calibrated thresholds, hashed.
;; This contract maps that hash to a name and a place to fetch the manifest from. Registering costs a
;; transaction fee and grants nothing: a host still has to offer the model, and judges check answers
;; against the manifest whose hash was named, whoever registered it. So anyone may register, and
;; nobody, not even the owner, can change what a hash means.
;;
;; Read by .hosts and .inference. Clarity 3.

;; The manifest hash is registered already.
(define-constant ERR-KNOWN (err u101))
;; The name is empty.
(define-constant ERR-NAME (err u102))

;; Models so far; they are numbered from zero in the order they came.
(define-data-var model-count uint u0)

(define-map models (buff 32) {
  index: uint,
  name: (string-ascii 64),
  ;; Where the manifest can be fetched; the bytes there must hash to the key.
  uri: (string-ascii 256),
  owner: principal,
  ;; Bitcoin height of the registration.
  registered-at: uint
})

(define-map models-by-index uint (buff 32))

;; Adds a model.
;; @returns (ok index)
(define-public (register (manifest-hash (buff 32)) (name (string-ascii 64)) (uri (string-ascii 256)))
  (let ((index (var-get model-count)))
    (asserts! (is-eq (len manifest-hash) u32) ERR-NAME)
    (asserts! (> (len name) u0) ERR-NAME)
    (asserts!
      (map-insert models manifest-hash {
        index: index,
        name: name,
        uri: uri,
        owner: tx-sender,
        registered-at: burn-block-height
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
      owner: tx-sender
    })
    (ok index)))

(define-read-only (get-model (manifest-hash (buff 32)))
  (map-get? models manifest-hash))

(define-read-only (is-known (manifest-hash (buff 32)))
  (is-some (map-get? models manifest-hash)))

(define-read-only (get-model-count)
  (var-get model-count))

;; The manifest hash of the model with this number.
(define-read-only (get-model-by-index (index uint))
  (map-get? models-by-index index))
