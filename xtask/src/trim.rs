//! Takes out of the wasm module what the page never runs and the linker has to keep.
//!
//! burn's GPU compiler can read its intermediate representation from text. The parsers of all its operations are
//! registered when the module starts, so that they look used; but kernels are built in memory and never written down.
//! And burn brings kernels along that no browser can be asked for: those of quantized tensors, of which the net has none;
//! of the matrix units that WebGPU does not show; of its own CPU backend; and products of doubles, which no tensor of the net
//! holds. The bodies of both become a trap, and
//! wasm-bindgen then drops what only they have called.

use std::path::Path;

use anyhow::{Context, bail};
use rustc_demangle::demangle;
use walrus::{FunctionKind, Module, ModuleConfig};

/// Functions shorter than this are left alone: LLVM merges short ones that happen to be equal, under either's name.
const SHORTEST: u64 = 40;

/// Reads a module without what it never runs; names and producers are left out when it is written.
pub fn without_dead_weight(path: &Path) -> anyhow::Result<Module> {
    let mut config = ModuleConfig::new();
    config.strict_validate(false).generate_name_section(false).generate_producers_section(false);
    let mut module = config.parse_file(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let long = |kind: &FunctionKind| matches!(kind, FunctionKind::Local(function) if function.size() >= SHORTEST);
    let named = |is: fn(&str) -> bool| -> Vec<_> {
        let local = module.funcs.iter().filter(|f| long(&f.kind));
        let found = local.filter(|f| f.name.as_deref().is_some_and(|symbol| is(&readable(symbol))));
        found.map(|function| function.id()).collect()
    };
    let (parsers, kernels) = (named(is_parser), named(is_foreign_kernel));
    for (what, found) in [("parser", &parsers), ("kernel", &kernels)] {
        if found.is_empty() {
            bail!("{} has no {what} to take out: do functions or crates have other names now?", path.display());
        }
    }
    for id in parsers.into_iter().chain(kernels) {
        if let FunctionKind::Local(function) = &mut module.funcs.get_mut(id).kind {
            let mut body = function.builder_mut().func_body();
            body.instrs_mut().clear();
            body.unreachable();
        }
    }
    Ok(module)
}

/// A symbol as it stands in the source, without the compiler's hash.
fn readable(symbol: &str) -> String {
    format!("{:#}", demangle(symbol))
}

/// Whether a function is a parser itself, and not only made for one, as the code that drops it is.
fn is_parser(name: &str) -> bool {
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

/// Whether a function builds a kernel that cannot be launched in a browser, builds or launches one for quantized
/// tensors, or multiplies doubles.
fn is_foreign_kernel(name: &str) -> bool {
    let unused = ["cubek_quant::", "cubecl_std::quant::view::run_with_quant_type::", "gemm_f64::"];
    if unused.iter().any(|path| name.starts_with(path)) {
        return true;
    }
    let Some(kernel) = name.strip_suffix(" as cubecl_runtime::kernel::CubeKernel>::define") else { return false };
    ["<cubek_quant::", "<cubek_matmul::tiled::cmma::", "<cubek_matmul::tiled::cpu_gemm::"]
        .iter()
        .any(|path| kernel.starts_with(path))
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
            assert!(is_parser(&readable(&legacy(parser))), "{parser}");
        }
        assert!(is_parser(&readable("_RNvNtCs1234_7combine6parser5parse")));
        for other in [
            "pliron::opts::mem2reg::mem2reg",
            "core::num::dec2flt::parse",
            "core::ptr::drop_in_place<<pliron/location/Source as pliron/parsable/Parsable>::parse::Source>",
            "<<pliron/location/Source as pliron/parsable/Parsable>/parse/Source as core/clone/Clone>::clone",
            "<alloc/vec/Vec<combine/error/Error> as core/clone/Clone>::clone",
        ] {
            assert!(!is_parser(&readable(&legacy(other))), "{other}");
        }
    }

    #[test]
    fn kernels_for_other_devices_are_known_by_name() {
        let define = |kernel: &str| format!("<{kernel} as cubecl_runtime::kernel::CubeKernel>::define");
        let cmma = "cubek_matmul::tiled::cmma::kernel::cmma_kernel::CmmaKernel";
        assert!(is_foreign_kernel(&define(cmma)));
        assert!(is_foreign_kernel(&define("cubek_quant::quantize::quantize_symmetric_packed_kernel::Packed")));
        assert!(!is_foreign_kernel(&define("cubecl_std::tensor::contiguous::base::copy_kernel::CopyKernel")));
        assert!(is_foreign_kernel("cubek_quant::quantize::launch_ref"));
        assert!(is_foreign_kernel("cubecl_std::quant::view::run_with_quant_type::run_with_q"));
        assert!(is_foreign_kernel("gemm_f64::gemm::f64::scalar::gemm_basic"));
        assert!(!is_foreign_kernel("gemm_f32::gemm::f32::scalar::gemm_basic"));
        assert!(!is_foreign_kernel("cubek_matmul::tiled::cmma::launch::launch_ref"));
    }
}
