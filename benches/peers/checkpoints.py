"""Small random checkpoints of each supported family, and what `transformers` computes with them.

    python -m venv venv && venv/bin/pip install torch transformers tokenizers safetensors
    venv/bin/python benches/peers/checkpoints.py make      # writes tests/checkpoints/
    venv/bin/python benches/peers/checkpoints.py compare   # recomputes, and runs `cargo test --test checkpoints`

A folder has config.json, tokenizer.json, model.safetensors and golden.safetensors: `tokens` [length], `positions` [rows],
and `logits`, `logits_f16`, `logits_bf16` [rows, vocab] with the weights rounded to each type and all else in f32.
LLaDA and Dream are not in `transformers`: theirs are the weights of a Llama and a Qwen2 net under other names, which see
both ways; of Dream the logits at a position are those of the position before.
"""

import json
import subprocess
import sys
from pathlib import Path

import torch
import transformers as tf
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "tests" / "checkpoints"
LENGTH = 20
STD = 0.5

TEXT = """Once upon a time there was a little girl named Lily. She had a small dog and a red ball.
One day the dog ran into the garden and could not find the ball. Lily was sad, but she did not cry.
"Let us look under the old tree," said Tom. They walked together, and there it was: the ball!
Lily laughed. The dog barked. Tom and Lily played until the sun went down, and then they went home.""".split("\n")


def word_piece():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(TEXT, trainers.WordPieceTrainer(vocab_size=120, special_tokens=special, show_progress=False))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")]
    )
    return tokenizer


def byte_level(special, vocab=280):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=vocab, special_tokens=special, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(TEXT, trainer)
    return tokenizer


def roberta_like():
    tokenizer = byte_level(["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    ends = [(name, tokenizer.token_to_id(name)) for name in ("</s>", "<s>")]
    tokenizer.post_processor = processors.RobertaProcessing(*ends, add_prefix_space=False)
    return tokenizer


def unigram():
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(vocab_size=90, special_tokens=special, unk_token="<unk>", show_progress=False)
    tokenizer.train_from_iterator(TEXT, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[(name, tokenizer.token_to_id(name)) for name in ("<s>", "</s>")]
    )
    return tokenizer


def modern():
    tokenizer = byte_level(["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")]
    )
    return tokenizer


def plain():
    return byte_level(["<|endoftext|>", "<|pad|>", "<|mask|>"])


LLAMA = dict(hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
             max_position_embeddings=48, bos_token_id=None, eos_token_id=0, pad_token_id=1)
BERT = dict(hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2)


def families(anew):
    """Name -> tokenizer (trained anew, or as it is kept), net, and what to change in its config and its tensors."""
    trained = {"bert": word_piece, "roberta": roberta_like, "xlm-roberta": unigram, "modernbert": modern, "llama": plain}
    read = lambda name: Tokenizer.from_file(str(OUT / name / "tokenizer.json"))
    word, rob, uni, mod, llm = [train() if anew else read(name) for name, train in trained.items()]
    size = lambda tokenizer: tokenizer.get_vocab_size()
    keep = lambda config: config

    def llada(config):
        return {
            "architectures": ["LLaDAModelLM"], "model_type": "llada", "activation_type": "silu", "block_type": "llama",
            "layer_norm_type": "rms", "rope": True, "alibi": False, "include_bias": False, "include_qkv_bias": False,
            "d_model": 16, "n_heads": 4, "n_kv_heads": 2, "n_layers": 2, "mlp_hidden_size": 24, "rms_norm_eps": 1e-5,
            "rope_theta": 500000.0, "weight_tying": False, "vocab_size": 280, "embedding_size": 284,
            "max_sequence_length": 48, "mask_token_id": 2, "eos_token_id": 0, "pad_token_id": 0,
        }

    def llada_names(name):
        for old, new in [("model.embed_tokens", "model.transformer.wte"), ("model.layers", "model.transformer.blocks"),
                         ("model.norm", "model.transformer.ln_f"), ("lm_head", "model.transformer.ff_out"),
                         ("input_layernorm", "attn_norm"), ("post_attention_layernorm", "ff_norm"),
                         ("self_attn.o_proj", "attn_out"), ("self_attn.", ""), ("mlp.gate_proj", "ff_proj"),
                         ("mlp.up_proj", "up_proj"), ("mlp.down_proj", "ff_out")]:
            name = name.replace(old, new)
        return name

    def as_type(model_type, **more):
        return lambda config: {**config, "model_type": model_type, **more}

    same = lambda name: name
    return {
        "bert": (word, tf.BertForMaskedLM(tf.BertConfig(vocab_size=size(word), max_position_embeddings=40, pad_token_id=0,
                 **BERT)), keep, same),
        "roberta": (rob, tf.RobertaForMaskedLM(tf.RobertaConfig(vocab_size=size(rob), max_position_embeddings=42,
                    type_vocab_size=1, layer_norm_eps=1e-5, pad_token_id=1, bos_token_id=0, eos_token_id=2, **BERT)), keep, same),
        "xlm-roberta": (uni, tf.XLMRobertaForMaskedLM(tf.XLMRobertaConfig(vocab_size=size(uni), max_position_embeddings=42,
                        type_vocab_size=1, layer_norm_eps=1e-5, pad_token_id=1, bos_token_id=0, eos_token_id=2,
                        hidden_act="gelu_new", **BERT)), keep, same),
        "distilbert": (word, tf.DistilBertForMaskedLM(tf.DistilBertConfig(vocab_size=size(word), dim=16, hidden_dim=24,
                       n_layers=2, n_heads=2, max_position_embeddings=40, pad_token_id=0, tie_word_embeddings=False)), keep, same),
        "modernbert": (mod, tf.ModernBertForMaskedLM(tf.ModernBertConfig(vocab_size=size(mod) + 3, hidden_size=16,
                       intermediate_size=24, num_hidden_layers=3, num_attention_heads=2, max_position_embeddings=48,
                       local_attention=8, pad_token_id=3, cls_token_id=1, sep_token_id=2, bos_token_id=1, eos_token_id=2)),
                       keep, same),
        "llama": (llm, tf.LlamaForCausalLM(tf.LlamaConfig(vocab_size=size(llm), attention_bias=True, mlp_bias=True,
                  **LLAMA)), as_type("llama"), same),
        "qwen3": (llm, tf.Qwen3ForCausalLM(tf.Qwen3Config(vocab_size=size(llm), head_dim=6, tie_word_embeddings=True, **LLAMA)),
                  as_type("a2d-qwen3"), same),
        "dream": (llm, tf.Qwen2ForCausalLM(tf.Qwen2Config(vocab_size=size(llm), **LLAMA)),
                  as_type("Dream", architectures=["DreamModel"], mask_token_id=2), same),
        "llada": (llm, tf.LlamaForCausalLM(tf.LlamaConfig(vocab_size=size(llm) + 4, rms_norm_eps=1e-5,
                  rope_parameters={"rope_type": "default", "rope_theta": 500000.0}, **LLAMA)), llada, llada_names),
    }


def randomise(net, seed):
    """Numbers large enough for a slip to show: norms around 1, all else around 0."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in sorted(net.named_parameters()):
            norm = "norm" in name.lower() and name.endswith("weight")
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * STD + (1.0 if norm else 0.0))


def logits(net, tokens, shifted=False):
    """[length, vocab], where every position sees every other one."""
    causal = hasattr(net, "lm_head") and not hasattr(net, "roberta")
    mask = {"attention_mask": torch.zeros(1, 1, len(tokens), len(tokens))} if causal else {}
    with torch.no_grad():
        out = net(input_ids=tokens[None], **mask).logits[0]
    return torch.cat([out[:1], out[:-1]]) if shifted else out


def golden(net, tokens, positions, shifted):
    out = {"tokens": tokens.to(torch.int32), "positions": positions.to(torch.int32)}
    weights = {name: value.clone() for name, value in net.state_dict().items()}
    for suffix, dtype in [("", torch.float32), ("_f16", torch.float16), ("_bf16", torch.bfloat16)]:
        net.load_state_dict({name: value.to(dtype).to(value.dtype) for name, value in weights.items()})
        out["logits" + suffix] = logits(net, tokens, shifted)[positions].contiguous()
    net.load_state_dict(weights)
    # The first position feels the last one.
    other = tokens.clone()
    other[-1] = (tokens[-1] + 7) % 80
    first = [logits(net, tokens)[0], logits(net, other)[0]]
    assert (first[0] - first[1]).abs().max() > 1e-3, "this net reads from left to right"
    return out


def made(anew):
    for seed, (name, (tokenizer, net, config, rename)) in enumerate(families(anew).items()):
        net.eval()
        net.set_attn_implementation("eager")
        randomise(net, seed)
        vocab = tokenizer.get_vocab_size()
        generator = torch.Generator().manual_seed(100 + seed)
        tokens = torch.randint(5, vocab, (LENGTH,), generator=generator)
        tokens[::3] = next(i for i in map(tokenizer.token_to_id, ["[MASK]", "<mask>", "<|mask|>"]) if i is not None)
        positions = torch.arange(0, LENGTH, 5)
        yield name, tokenizer, net, config, rename, golden(net, tokens, positions, name == "dream")


def make():
    for name, tokenizer, net, config, rename, out in made(anew=True):
        folder = OUT / name
        folder.mkdir(parents=True, exist_ok=True)
        net.save_pretrained(folder)
        (folder / "generation_config.json").unlink(missing_ok=True)
        path = folder / "config.json"
        path.write_text(json.dumps(config(json.loads(path.read_text())), indent=2) + "\n")
        weights = {rename(key): value for key, value in load_file(folder / "model.safetensors").items()}
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
        tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
        save_file(out, folder / "golden.safetensors")
        size = sum(file.stat().st_size for file in folder.iterdir())
        print(f"{name:12} {size:6} bytes, largest logit {out['logits'].abs().max():.1f}")
        if name == "bert":
            shards = OUT / "bert-sharded"
            net.save_pretrained(shards, max_shard_size="12KB")
            tokenizer.save(str(shards / "tokenizer.json"), pretty=False)


def compare():
    for name, *_, out in made(anew=False):
        kept = load_file(OUT / name / "golden.safetensors")
        apart = max((kept[key].double() - out[key].double()).abs().max().item() for key in kept)
        print(f"{name:12} kept and computed anew: {apart:.1e} apart")
        assert apart < 1e-4, name
    subprocess.run(["cargo", "test", "--release", "--test", "checkpoints", "--", "--nocapture"], cwd=ROOT, check=True)


if __name__ == "__main__":
    {"make": make, "compare": compare}[sys.argv[1] if len(sys.argv) == 2 else "make"]()
