"""Trains the evaluation's storyteller with the machinery of models/train.py, about 10 minutes on one core.

    .venv/bin/python eval/model/train.py eval/model/stories.gguf
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "models"))
import gguf
import train

from stories import corpus

train.corpus = corpus
train.LENGTH, train.BATCH = 160, 12
train.STEPS = int(sys.argv[2]) if len(sys.argv) > 2 else 1000

if __name__ == "__main__":
    pairs = corpus(train.SEED, 2)
    tokenizer = train.train_tokenizer([text for pair in pairs for text in pair] + ["user\n", "assistant\n", "system\n"])
    params = train.train(tokenizer)
    # The tokenizer may find fewer pieces than there are rows; unused rows were never trained.
    used = tokenizer.get_vocab_size()
    params["emb"], params["out"] = params["emb"][:used], params["out"][:, :used]
    name = gguf.GGUFWriter.add_name
    gguf.GGUFWriter.add_name = lambda writer, _: name(writer, "assay-stories")
    train.write_gguf(sys.argv[1], tokenizer, params)
    print(train.answer(tokenizer, params, "Tell me a story about Ida, the mill and the lamp."))
