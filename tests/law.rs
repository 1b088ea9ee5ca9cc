//! The exact laws against brute force and the golden file.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests

use std::collections::HashMap;

use proptest::prelude::*;
use unmask::{
    law::{Law, LawError, Table, parse, sample},
    random::{Purpose, Stream},
};

const TABLE: &str = r#"{"symbols": 3, "support": [{"tokens": [0, 1, 2, 0], "probability": 0.5},
    {"tokens": [2, 2, 0, 0], "probability": 0.125}, {"tokens": [0, 1, 1, 1], "probability": 0.25},
    {"tokens": [1, 1, 1, 1], "probability": 0.125}]}"#;

/// One law of each kind, and those at the limits of their parameters, small enough to be written out.
fn small_laws() -> Vec<Box<dyn Law>> {
    let spelled = [
        ("product:q=3", 4),
        ("repetition:q=3", 4),
        ("parity:q=3", 4),
        ("parity:q=2", 1),
        ("reed-solomon:k=2,q=5", 4),
        ("reed-solomon:k=2,q=4", 4),
        ("reed-solomon:k=3,q=8", 4),
        ("reed-solomon:k=4,q=5", 4),
        ("markov:flip=0.1", 7),
        ("markov:flip=0.3,q=3", 5),
        ("markov:flip=0", 4),
        ("markov:flip=1", 4),
        ("markov:flip=1,q=3", 4),
        ("hmm:states=3,symbols=3,seed=7", 4),
        ("hmm:states=1,symbols=2,seed=7", 4),
        ("mixture:0.1,0.9", 7),
        ("mixture:0,1", 5),
        ("mixture:0.2,0.5,0.9", 6),
        ("mixture:1", 3),
    ];
    let mut laws: Vec<Box<dyn Law>> = spelled.map(|(spec, length)| parse(spec, length).unwrap()).into();
    laws.push(Box::new(Table::parse(TABLE).unwrap()));
    laws
}

/// Larger laws, one of each kind.
fn large_laws() -> Vec<Box<dyn Law>> {
    let specs = [
        "product:q=3",
        "repetition:q=5",
        "parity:q=4",
        "reed-solomon:k=19,q=64",
        "reed-solomon:k=40,q=67",
        "markov:flip=0.1",
        "markov:flip=0.4,q=5",
        "hmm:states=4,symbols=6,seed=3",
        "mixture:0.1,0.9",
    ];
    specs.map(|spec| parse(spec, 40).unwrap()).into()
}

/// All sequences of `symbols` numbers below `base`.
fn all(base: usize, length: usize) -> impl Iterator<Item = Vec<u32>> {
    let digits =
        move |number: usize| (0..length as u32).map(|place| (number / base.pow(place) % base) as u32).collect();
    (0..base.pow(length as u32)).map(digits)
}

#[track_caller]
fn close(found: f64, wanted: f64, tolerance: f64, what: &str) {
    assert!((found - wanted).abs() <= tolerance, "{what}: {found} instead of {wanted}");
}

/// Every sequence with its probability.
fn written_out(law: &dyn Law) -> Vec<(Vec<u32>, f64)> {
    all(law.symbols(), law.length()).map(|tokens| (tokens.clone(), law.log_prob(&tokens).exp())).collect()
}

/// `H(X_W)`, by the probabilities of all that `W` can have. `W` is a set of bits.
fn entropy(rows: &[(Vec<u32>, f64)], set: usize) -> f64 {
    let mut marginal: HashMap<Vec<u32>, f64> = HashMap::new();
    for (tokens, probability) in rows {
        let part = tokens.iter().enumerate().filter(|(place, _)| set >> place & 1 == 1).map(|(_, &token)| token);
        *marginal.entry(part.collect()).or_default() += probability;
    }
    marginal.values().filter(|&&p| p > 0.0).map(|p| -p * p.ln()).sum()
}

#[test]
fn profiles_are_those_of_brute_force() {
    for law in small_laws() {
        let (rows, length) = (written_out(law.as_ref()), law.length());
        close(rows.iter().map(|(_, p)| p).sum(), 1.0, 1e-12, &law.to_string());
        let entropies: Vec<f64> = (0..1usize << length).map(|set| entropy(&rows, set)).collect();
        let profile = law.profile();
        for seen in 0..length {
            let sets = (0..1usize << length).filter(|set| set.count_ones() as usize == seen);
            let conditional: Vec<f64> = sets
                .flat_map(|set| {
                    (0..length).filter(move |place| set >> place & 1 == 0).map(move |place| (set, set | 1 << place))
                })
                .map(|(set, larger)| entropies[larger] - entropies[set])
                .collect();
            let mean = conditional.iter().sum::<f64>() / conditional.len() as f64;
            close(profile.h()[seen], mean, 1e-10, &format!("{law}, h({seen})"));
        }
        let whole = entropies[(1 << length) - 1];
        let alone: f64 = (0..length).map(|place| entropies[1 << place]).sum();
        let last: f64 = (0..length).map(|place| whole - entropies[((1 << length) - 1) & !(1 << place)]).sum();
        close(profile.entropy(), whole, 1e-10, &format!("{law}, H"));
        close(profile.tc(), alone - whole, 1e-10, &format!("{law}, TC"));
        close(profile.dtc(), whole - last, 1e-10, &format!("{law}, DTC"));
        let enumerated = Table::enumerate(law.as_ref()).unwrap().profile();
        close(enumerated.tc(), profile.tc(), 1e-10, &format!("{law}, TC of its table"));
    }
}

#[test]
fn conditionals_are_those_of_brute_force() {
    for law in small_laws() {
        let (rows, symbols) = (written_out(law.as_ref()), law.symbols());
        for tokens in all(symbols + 1, law.length()) {
            let agrees = |row: &[u32]| row.iter().zip(&tokens).all(|(a, &b)| b as usize == symbols || *a == b);
            let agreeing: Vec<&(Vec<u32>, f64)> = rows.iter().filter(|(row, _)| agrees(row)).collect();
            let total: f64 = agreeing.iter().map(|(_, p)| p).sum();
            for (place, conditional) in law.conditionals(&tokens).iter().enumerate() {
                let found: Vec<f64> = (0..symbols as u32).map(|token| conditional.probability(token)).collect();
                close(found.iter().sum(), 1.0, 1e-12, &format!("{law}, {tokens:?}"));
                assert!(found.iter().all(|&p| p >= 0.0), "{law}, {tokens:?}: {found:?}");
                let entropy: f64 = found.iter().filter(|&&p| p > 0.0).map(|p| -p * p.ln()).sum();
                close(conditional.entropy(), entropy, 1e-12, &format!("{law}, {tokens:?}, entropy"));
                for token in 0..symbols as u32 {
                    let with = agreeing.iter().filter(|(row, _)| row[place] == token).map(|(_, p)| p).sum::<f64>();
                    if tokens[place] as usize != symbols {
                        assert_eq!(conditional.probability(token) == 1.0, token == tokens[place], "{law}, {tokens:?}");
                    } else if total > 1e-14 {
                        close(found[token as usize], with / total, 1e-10, &format!("{law}, {tokens:?} at {place}"));
                    }
                }
            }
        }
    }
}

#[test]
fn golden_sums_hold() {
    let golden: serde_json::Value =
        serde_json::from_str(&include_str!("golden/theory.json").replace("NaN", "null")).unwrap();
    let mut found = 0;
    for (name, values) in golden["kl"].as_object().unwrap() {
        let (length, law) = name.split_once(' ').unwrap();
        let spec = match law {
            "mixture(.1,.9)" => "mixture:0.1,0.9".to_owned(),
            law if law.starts_with("power") => continue, // the profile of no law here
            law => law.replace("RS(", "reed-solomon(").replace('(', ":").replace(')', ""),
        };
        let profile = parse(&spec, length[1..].parse().unwrap()).unwrap().profile();
        for (value, field) in [(profile.tc(), "TC"), (profile.dtc(), "DTC"), (profile.min(), "MIN")] {
            close(value, values["summ"][field].as_f64().unwrap(), 1e-6, &format!("{name}, {field}"));
        }
        found += 1;
    }
    assert_eq!(found, 7);
}

#[test]
fn both_correlations_sum_to_what_seeing_all_others_is_worth() {
    for law in small_laws().into_iter().chain(large_laws()) {
        let (profile, length) = (law.profile(), law.length());
        let h = profile.h();
        close(profile.tc() + profile.dtc(), length as f64 * (h[0] - h[length - 1]), 1e-9, &law.to_string());
        assert!(profile.min() <= profile.tc().min(profile.dtc()) + 1e-12, "{law}");
        if let Some((dimension, symbols)) = law.mds() {
            close(profile.dtc(), dimension as f64 * (symbols as f64).ln(), 1e-9, &law.to_string());
        }
    }
}

#[test]
fn a_small_code_is_maximum_distance_separable() {
    for (spec, length) in
        [("reed-solomon:k=2,q=5", 4), ("reed-solomon:k=3,q=8", 5), ("reed-solomon:k=2,q=4", 4), ("parity:q=3", 4)]
    {
        let law = parse(spec, length).unwrap();
        let (dimension, symbols) = law.mds().unwrap();
        let words: Vec<Vec<u32>> =
            all(symbols, length).filter(|tokens| law.log_prob(tokens) > f64::NEG_INFINITY).collect();
        assert_eq!(words.len(), symbols.pow(dimension as u32), "{spec}");
        for set in (0..1usize << length).filter(|set| set.count_ones() as usize == dimension) {
            let part = |word: &Vec<u32>| -> Vec<u32> {
                (0..length).filter(|place| set >> place & 1 == 1).map(|place| word[place]).collect()
            };
            let parts: std::collections::HashSet<Vec<u32>> = words.iter().map(part).collect();
            assert_eq!(
                parts.len(),
                words.len(),
                "{spec}: positions {set:b} are not free, or do not determine the rest"
            );
        }
    }
}

#[test]
fn samples_are_drawn_from_the_law() {
    for law in small_laws() {
        let mut counts: HashMap<Vec<u32>, u32> = HashMap::new();
        let draws = 20_000;
        for seed in 0..draws {
            *counts.entry(sample(law.as_ref(), seed)).or_default() += 1;
        }
        assert_eq!(sample(law.as_ref(), 3), sample(law.as_ref(), 3));
        for (tokens, p) in written_out(law.as_ref()) {
            let count = f64::from(counts.get(&tokens).copied().unwrap_or(0));
            let n = draws as f64;
            // Five standard errors, and room for the skew of rare sequences.
            close(count, n * p, if p > 0.0 { 5.0 * (n * p).sqrt() + 5.0 } else { 0.0 }, &format!("{law}, {tokens:?}"));
        }
    }
}

#[test]
fn names_round_trip() {
    for law in small_laws().into_iter().chain(large_laws()) {
        let name = law.to_string();
        match parse(&name, law.length()) {
            Ok(again) => {
                assert_eq!(again.to_string(), name);
                let tokens = sample(law.as_ref(), 1);
                assert_eq!(again.log_prob(&tokens), law.log_prob(&tokens));
            }
            Err(error) => assert_eq!(error, LawError::File { spec: "table".to_owned() }),
        }
    }
    assert_eq!(parse("hmm", 4).unwrap().to_string(), "hmm:states=8,symbols=16,seed=1");
    assert_eq!(parse("parity", 4).unwrap().to_string(), "parity:q=2");
}

#[test]
fn errors_name_the_thing_the_value_and_what_is_accepted() {
    let told = |spec: &str, length: usize| parse(spec, length).unwrap_err().to_string();
    let known = "product, repetition, parity, reed-solomon, markov, hmm, mixture, table";
    assert_eq!(told("gauss", 4), format!("unknown law `gauss`; the laws are {known}"));
    assert_eq!(told("product", 0), "length is 0; `product` takes 1 to 4096");
    assert_eq!(told("markov:flip=0.1", 4097), "length is 4097; `markov` takes 1 to 4096");
    assert_eq!(told("product:q=1", 4), "q of `product` is `1`; it must be a whole number from 2 to 65536");
    assert_eq!(told("product:q=70000", 4), "q of `product` is `70000`; it must be a whole number from 2 to 65536");
    assert_eq!(told("product:k=1", 4), "`product` has no parameter `k`; it has q");
    assert_eq!(told("repetition:3", 4), "`repetition` has no parameter `3`; it has q");
    let field = "q of `reed-solomon` is `6`; it must be a prime or a power of two, from 2 to 65536";
    assert_eq!(told("reed-solomon:k=1,q=6", 4), field);
    assert!(told("reed-solomon:k=1,q=131072", 4).starts_with("q of `reed-solomon` is `131072`"));
    let dimension = |k| format!("k of `reed-solomon` is `{k}`; it must be a whole number from 1 to the length, 4");
    assert_eq!(told("reed-solomon:k=0,q=7", 4), dimension(0));
    assert_eq!(told("reed-solomon:k=5,q=7", 4), dimension(5));
    assert_eq!(told("reed-solomon:k=3,q=7", 8), "length is 8; `reed-solomon:q=7` takes 1 to 7");
    assert_eq!(told("reed-solomon:k=3", 8), "`reed-solomon` needs q, as in `reed-solomon:q=256`");
    for flip in ["1.5", "-0.1", "NaN", "x", ""] {
        let wanted = format!("flip of `markov` is `{flip}`; it must be a number from 0 to 1");
        assert_eq!(told(&format!("markov:flip={flip}"), 4), wanted);
    }
    assert_eq!(told("markov", 4), "`markov` needs flip, as in `markov:flip=0.1`");
    assert!(told("markov:flip=0.1,q=1025", 4).ends_with("it must be a whole number from 2 to 1024"));
    assert_eq!(told("mixture:0.1,1.9", 4), "bias of `mixture` is `1.9`; it must be a number from 0 to 1");
    assert_eq!(told("mixture:0.1,NaN", 4), "bias of `mixture` is `NaN`; it must be a number from 0 to 1");
    assert_eq!(told("mixture", 4), "the number of biases of `mixture` is `0`; it must be 1 to 64");
    assert!(told("mixture:p=0.1", 4).starts_with("`mixture` has no parameter `p`"));
    assert_eq!(told("hmm:states=0", 4), "states of `hmm` is `0`; it must be a whole number from 1 to 32");
    assert_eq!(told("hmm:symbols=1", 4), "symbols of `hmm` is `1`; it must be a whole number from 2 to 256");
    assert!(told("hmm:states=32,symbols=256", 4096).contains("takes 171798691840 steps a sample"));
    assert!(told("hmm:seed=9007199254740992", 4).ends_with("it must be a whole number from 0 to 9007199254740991"));
    assert_eq!(
        told("table:my.json", 4),
        "`table:my.json`: a table stands in a file of its own, which `unmask lab --law table:FILE` reads"
    );
    let error = Table::enumerate(parse("product", 20).unwrap().as_ref()).unwrap_err().to_string();
    assert_eq!(error, "the table of `product:q=2` would have 2^20 rows; that is too many");
}

#[test]
fn what_is_no_sequence_has_no_probability() {
    for law in small_laws() {
        let (length, symbols) = (law.length(), law.symbols() as u32);
        for tokens in [vec![], vec![0; length + 1], vec![symbols; length], vec![u32::MAX; length]] {
            assert_eq!(law.log_prob(&tokens), f64::NEG_INFINITY, "{law}, {tokens:?}");
        }
    }
}

proptest! {
    #[test]
    fn conditionals_are_distributions_whatever_is_revealed(
        which in 0usize..9, pattern in prop::collection::vec(prop::option::of(any::<u32>()), 40)
    ) {
        let law = &large_laws()[which];
        let symbols = law.symbols() as u32;
        let tokens: Vec<u32> = pattern.iter().map(|token| token.map_or(symbols, |token| token % symbols)).collect();
        for (conditional, &token) in law.conditionals(&tokens).iter().zip(&tokens) {
            let total: f64 = (0..symbols).map(|symbol| conditional.probability(symbol)).sum();
            prop_assert!((total - 1.0).abs() < 1e-12, "{}: {}", law, total);
            prop_assert!(token == symbols || conditional.probability(token) == 1.0);
            prop_assert!((0.0..=f64::from(symbols).ln() + 1e-12).contains(&conditional.entropy()));
        }
    }

    #[test]
    fn conditionals_chain_to_the_probability_in_any_order(which in 0usize..9, seed in 0u64..1000) {
        let law = &large_laws()[which];
        let sequence = sample(law.as_ref(), seed);
        let stream = Stream::new(seed, Purpose::Order, 0);
        let mut order: Vec<usize> = (0..sequence.len()).collect();
        order.sort_by(|&a, &b| stream.uniform(a as u32).total_cmp(&stream.uniform(b as u32)));
        let mut tokens = vec![law.symbols() as u32; sequence.len()];
        let mut sum = 0.0;
        for position in order {
            sum += law.conditionals(&tokens)[position].probability(sequence[position]).ln();
            tokens[position] = sequence[position];
        }
        let log_prob = law.log_prob(&sequence);
        prop_assert!(log_prob > f64::NEG_INFINITY && (sum - log_prob).abs() < 1e-9, "{}: {} {}", law, sum, log_prob);
    }
}
