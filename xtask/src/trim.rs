//! Takes out of the wasm module what the page never runs and the linker has to keep.
//!
//! burn's GPU compiler can read its intermediate representation from text. The parsers of all its operations are
//! registered when the module starts, so that they look used; but kernels are built in memory and never written down.
//! Their bodies become a trap, and wasm-bindgen then drops what only they have called: 6 % of the module, by brotli.

use std::path::Path;

use anyhow::{Context, bail};
use rustc_demangle::demangle;
use walrus::{FunctionKind, Module, ModuleConfig};

/// Functions shorter than this are left alone: LLVM merges short ones that happen to be equal, under either's name.
const SHORTEST: u64 = 40;

/// Reads a module without its parsers; names and producers are left out when it is written.
pub fn without_parsers(path: &Path) -> anyhow::Result<Module> {
    let mut config = ModuleConfig::new();
    config.strict_validate(false).generate_name_section(false).generate_producers_section(false);
    let mut module = config.parse_file(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let long = |kind: &FunctionKind| matches!(kind, FunctionKind::Local(function) if function.size() >= SHORTEST);
    let parsers = module.funcs.iter().filter(|f| long(&f.kind) && f.name.as_deref().is_some_and(is_parser));
    let parsers: Vec<_> = parsers.map(|function| function.id()).collect();
    if parsers.is_empty() {
        bail!("{} has no parser to take out: do functions or crates have other names now?", path.display());
    }
    for id in parsers {
        if let FunctionKind::Local(function) = &mut module.funcs.get_mut(id).kind {
            let mut body = function.builder_mut().func_body();
            body.instrs_mut().clear();
            body.unreachable();
        }
    }
    Ok(module)
}

/// Whether a function is a parser itself, and not only made for one, as the code that drops it is.
fn is_parser(symbol: &str) -> bool {
    let name = format!("{:#}", demangle(symbol));
    if ["pliron::op::canonical_syntax_parse", "pliron::irfmt::parsers::", "combine::", "<combine::"]
        .iter()
        .any(|path| name.starts_with(path))
    {
        return true;
    }
    // `<Type as Trait>::method`, where the type may hold traits of its own.
    let Some((_, method)) = name.rsplit_once(" as ").filter(|_| name.starts_with('<')) else { return false };
    let parse = method.strip_prefix("pliron::parsable::Parsable>::parse");
    parse.is_some_and(|rest| rest.is_empty() || rest.starts_with("::{{closure}}")) || method.starts_with("combine::")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parsers_are_known_by_name_and_what_is_made_for_them_is_not_taken_for_one() {
        let legacy = |path: &str| {
            let parts = path.split("::").map(|part| {
                let part = part.replace('<', "$LT$").replace('>', "$GT$").replace(' ', "$u20$").replace('/', "..");
                let part = if part.starts_with('$') { format!("_{part}") } else { part };
                format!("{}{part}", part.len())
            });
            format!("_ZN{}17h0123456789abcdefE", parts.collect::<String>())
        };
        for parser in [
            "<pliron/region/Region as pliron/parsable/Parsable>::parse",
            "combine::parser::Parser::parse",
            "<T as combine/parser/Parser<Input>>::parse_first",
            "pliron::irfmt::parsers::quoted_string_parse",
        ] {
            assert!(is_parser(&legacy(parser)), "{parser}");
        }
        assert!(is_parser("_RNvNtCs1234_7combine6parser5parse"));
        for other in [
            "pliron::opts::mem2reg::mem2reg",
            "core::num::dec2flt::parse",
            "core::ptr::drop_in_place<<pliron/location/Source as pliron/parsable/Parsable>::parse::Source>",
            "<<pliron/location/Source as pliron/parsable/Parsable>/parse/Source as core/clone/Clone>::clone",
            "<alloc/vec/Vec<combine/error/Error> as core/clone/Clone>::clone",
        ] {
            assert!(!is_parser(&legacy(other)), "{other}");
        }
    }
}
