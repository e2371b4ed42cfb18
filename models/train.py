"""Trains the small model and writes it as GGUF. Reproducible: one seed, one thread count, no download.

    python3 -m venv .venv && .venv/bin/pip install jax==0.10.2 numpy==2.4.6 tokenizers==0.23.3 gguf==0.19.0
    .venv/bin/python models/train.py models/assay-small.gguf

A Llama of about one million weights: byte-level BPE tokenizer, ChatML frames as in format/jobs. Each frame
and each message is tokenized alone, exactly as the network does it, so that nobody can forge a role.
"""
import math
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from data import corpus

SEED = 1
VOCAB, DIM, LAYERS, HEADS, FFN, CONTEXT = 1024, 128, 4, 4, 352, 1024
BATCH, LENGTH, STEPS, RATE = 32, 64, int(sys.argv[2]) if len(sys.argv) > 2 else 1800, 4e-3
SPECIAL = ["<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>"]
EPS, BASE = 1e-5, 10000.0
HEAD = DIM // HEADS


def train_tokenizer(texts):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB, special_tokens=SPECIAL, show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def sequence(tokenizer, question, answer, system=None):
    """Token ids and a mask of what is learned: the answer and its end, not the question."""
    start, end, bos = (tokenizer.token_to_id(t) for t in ("<|im_start|>", "<|im_end|>", "<s>"))
    piece = lambda text: tokenizer.encode(text, add_special_tokens=False).ids
    line = piece("\n")
    ids = [bos]
    if system is not None:
        ids += [start, *piece("system\n"), *piece(system), end, *line]
    ids += [start, *piece("user\n"), *piece(question), end, *line, start, *piece("assistant\n")]
    head = len(ids)
    ids += [*piece(answer), end]
    return ids, [0.1] * head + [1.0] * (len(ids) - head)


def init(key):
    keys = iter(jax.random.split(key, 64))
    mat = lambda i, o: jax.random.normal(next(keys), (i, o)) * 0.02
    layer = lambda: {
        "n1": jnp.ones(DIM), "n2": jnp.ones(DIM), "q": mat(DIM, DIM), "k": mat(DIM, DIM), "v": mat(DIM, DIM), "o": mat(DIM, DIM),
        "g": mat(DIM, FFN), "u": mat(DIM, FFN), "d": mat(FFN, DIM)}
    return {"emb": mat(VOCAB, DIM), "layers": [layer() for _ in range(LAYERS)], "nf": jnp.ones(DIM), "out": mat(DIM, VOCAB)}


def rms(x, weight):
    return x * jax.lax.rsqrt(jnp.mean(x * x, -1, keepdims=True) + EPS) * weight


def rope(x):
    """Rotates interleaved pairs, as llama.cpp does for the llama architecture."""
    angle = jnp.arange(x.shape[2])[:, None] * BASE ** (-jnp.arange(0, HEAD, 2) / HEAD)
    cos, sin = jnp.cos(angle), jnp.sin(angle)
    a, b = x[..., 0::2], x[..., 1::2]
    return jnp.stack([a * cos - b * sin, a * sin + b * cos], -1).reshape(x.shape)


def forward(params, ids):
    batch, length = ids.shape
    h = params["emb"][ids]
    mask = jnp.tril(jnp.ones((length, length), bool))
    split = lambda y: y.reshape(batch, length, HEADS, HEAD).transpose(0, 2, 1, 3)
    for p in params["layers"]:
        y = rms(h, p["n1"])
        q, k, v = rope(split(y @ p["q"])), rope(split(y @ p["k"])), split(y @ p["v"])
        score = jnp.where(mask, q @ k.swapaxes(-1, -2) / math.sqrt(HEAD), -1e9)
        z = (jax.nn.softmax(score, -1) @ v).transpose(0, 2, 1, 3).reshape(batch, length, DIM)
        h = h + z @ p["o"]
        y = rms(h, p["n2"])
        h = h + (jax.nn.silu(y @ p["g"]) * (y @ p["u"])) @ p["d"]
    return rms(h, params["nf"]) @ params["out"]


def loss_of(params, ids, weight):
    logits = forward(params, ids[:, :-1])
    picked = jnp.take_along_axis(jax.nn.log_softmax(logits), ids[:, 1:, None], -1)[..., 0]
    return -(picked * weight[:, 1:]).sum() / weight[:, 1:].sum()


@jax.jit
def step(params, moment, second, ids, weight, rate, t):
    """One AdamW step with the gradient clipped to norm 1."""
    loss, grad = jax.value_and_grad(loss_of)(params, ids, weight)
    norm = jnp.sqrt(sum(jnp.sum(g * g) for g in jax.tree.leaves(grad)))
    grad = jax.tree.map(lambda g: g * jnp.minimum(1, 1 / (norm + 1e-9)), grad)
    moment = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, moment, grad)
    second = jax.tree.map(lambda s, g: 0.97 * s + 0.03 * g * g, second, grad)
    update = lambda p, m, s: p - rate * (
        m / (1 - 0.9**t) / (jnp.sqrt(s / (1 - 0.97**t)) + 1e-8) + (0.02 * p if p.ndim == 2 else 0))
    return jax.tree.map(update, params, moment, second), moment, second, loss


def batches(tokenizer, pairs, rng):
    """Sequences padded to LENGTH; a few carry a short system message so that context is no surprise."""
    systems = [None] * 8 + ["Be brief.", "You are a helpful assistant.", "{}"]
    rows = [sequence(tokenizer, q, a, systems[rng.integers(len(systems))]) for q, a in pairs]
    rows = [(ids, w) for ids, w in rows if len(ids) <= LENGTH + 1]
    ids = np.zeros((len(rows), LENGTH + 1), np.int32)
    weight = np.zeros((len(rows), LENGTH + 1), np.float32)
    for i, (row, w) in enumerate(rows):
        ids[i, : len(row)], weight[i, : len(row)] = row, w
    while True:
        order = rng.permutation(len(rows))
        for at in range(0, len(rows) - BATCH + 1, BATCH):
            pick = order[at : at + BATCH]
            yield ids[pick], weight[pick]


def train(tokenizer):
    params = init(jax.random.PRNGKey(SEED))
    zero = jax.tree.map(jnp.zeros_like, params)
    moment, second = zero, zero
    source = batches(tokenizer, corpus(SEED, 12), np.random.default_rng(SEED))
    began = time.time()
    for t in range(1, STEPS + 1):
        rate = RATE * min(1, t / 60) * (0.5 * (1 + math.cos(math.pi * t / STEPS)) + 0.01)
        ids, weight = next(source)
        params, moment, second, loss = step(params, moment, second, ids, weight, rate, t)
        if t % 50 == 0:
            print(f"step {t}/{STEPS}  loss {float(loss):.3f}  {time.time() - began:.0f} s", flush=True)
    return jax.tree.map(np.asarray, params)


def write_gguf(path, tokenizer, params):
    import json

    import gguf

    model = json.loads(tokenizer.to_str())["model"]
    tokens = [None] * len(model["vocab"])
    for token, at in model["vocab"].items():
        tokens[at] = token
    merges = [m if isinstance(m, str) else " ".join(m) for m in model["merges"]]
    w = gguf.GGUFWriter(path, "llama")
    w.add_name("assay-small")
    w.add_license("MIT")
    w.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    w.add_context_length(CONTEXT)
    w.add_embedding_length(DIM)
    w.add_block_count(LAYERS)
    w.add_feed_forward_length(FFN)
    w.add_head_count(HEADS)
    w.add_head_count_kv(HEADS)
    w.add_layer_norm_rms_eps(EPS)
    w.add_rope_dimension_count(HEAD)
    w.add_rope_freq_base(BASE)
    w.add_vocab_size(len(tokens))
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("gpt-2")
    w.add_token_list(tokens)
    w.add_token_types([2] + [3] * (len(SPECIAL) - 1) + [1] * (len(tokens) - len(SPECIAL)))
    w.add_token_merges(merges)
    w.add_bos_token_id(1)
    w.add_eos_token_id(4)
    w.add_unk_token_id(0)
    w.add_add_bos_token(True)
    w.add_chat_template(
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")
    f16 = lambda name, a: w.add_tensor(name, np.ascontiguousarray(a, np.float16))
    f32 = lambda name, a: w.add_tensor(name, np.ascontiguousarray(a, np.float32))
    f16("token_embd.weight", params["emb"])
    names = {"q": "attn_q", "k": "attn_k", "v": "attn_v", "o": "attn_output", "g": "ffn_gate", "u": "ffn_up", "d": "ffn_down"}
    for i, p in enumerate(params["layers"]):
        f32(f"blk.{i}.attn_norm.weight", p["n1"])
        f32(f"blk.{i}.ffn_norm.weight", p["n2"])
        for key, name in names.items():
            f16(f"blk.{i}.{name}.weight", p[key].T)
    f32("output_norm.weight", params["nf"])
    f16("output.weight", params["out"].T)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def answer(tokenizer, params, question):
    """Greedy, for a look at the result."""
    ids, _ = sequence(tokenizer, question, "")
    ids = ids[:-1]
    run = jax.jit(forward)
    out = []
    for _ in range(40):
        padded = np.zeros((1, 128), np.int32)
        padded[0, : len(ids)] = ids
        nxt = int(run(params, padded)[0, len(ids) - 1].argmax())
        if nxt == tokenizer.token_to_id("<|im_end|>"):
            break
        ids.append(nxt)
        out.append(nxt)
    return tokenizer.decode(out)


if __name__ == "__main__":
    pairs = corpus(SEED, 1)
    tokenizer = train_tokenizer([text for pair in pairs for text in pair] + ["user\n", "assistant\n", "system\n"])
    print(f"vocabulary {tokenizer.get_vocab_size()}, pairs {len(pairs)}")
    params = train(tokenizer)
    write_gguf(sys.argv[1], tokenizer, params)
    for question in ("Is the Earth round?", "What is the capital of Italy?", "hello", "What is 3 plus 4?", "What is Assay?"):
        print(f"{question}  ->  {answer(tokenizer, params, question)}")
