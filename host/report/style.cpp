#include "host/report/style.hpp"

namespace footfall {
namespace {

/// Colours apart for the common kinds of colour blindness (after Okabe and Ito 2008), darkened or lightened until lines stand out from the
/// page by 3:1 and text by 4.5:1; dash patterns tell the lines apart once more, for paper without colours.
constexpr const char* colours = R"(
:root { color-scheme: light dark;
  --page: #ffffff; --panel: #f6f7f9; --ink: #1b2330; --soft: #566172; --rule: #d5dae1; --grid: #e6e9ee; --link: #1f5fbf;
  --model: #1259b8; --logistic: #c2570c; --recency: #0b7d5c; --constant: #6b7280; --second: #c2570c; --heat: 18, 89, 184; }
@media (prefers-color-scheme: dark) { :root {
  --page: #14181f; --panel: #1c222b; --ink: #e8ecf2; --soft: #a3aebd; --rule: #38424f; --grid: #2a323d; --link: #8ab8ff;
  --model: #6cabff; --logistic: #ffa657; --recency: #4fd1a5; --constant: #9aa4b2; --second: #ffa657; --heat: 108, 171, 255; } }
@media print { :root { color-scheme: light;
  --page: #ffffff; --panel: #ffffff; --ink: #000000; --soft: #3c4450; --rule: #b8bec8; --grid: #dfe3e8; --link: #000000;
  --model: #1259b8; --logistic: #c2570c; --recency: #0b7d5c; --constant: #6b7280; --second: #c2570c; --heat: 18, 89, 184; } }
)";

constexpr const char* text = R"(
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 24px 20px 64px; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 1.35rem; line-height: 1.25; margin: 0 0 8px; overflow-wrap: anywhere; }
h3 { font-size: 1.05rem; margin: 28px 0 8px; }
h4 { font-size: .95rem; margin: 0 0 4px; }
p { margin: 0 0 12px; max-width: 72ch; overflow-wrap: anywhere; }
a { color: var(--link); }
.soft, figcaption, caption { color: var(--soft); }
.question { font-size: 1.1rem; }
.verdict { border-left: 4px solid var(--model); padding: 2px 0 2px 12px; }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 12px 0 0; padding: 0; }
section { border-top: 1px solid var(--rule); margin-top: 32px; padding-top: 20px; }
)";

constexpr const char* parts = R"(
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(210px, 1fr)); gap: 12px; margin: 16px 0; }
.tile { background: var(--panel); border: 1px solid var(--rule); border-radius: 8px; padding: 12px 14px; }
.tile .name { font-size: .85rem; color: var(--soft); margin: 0; }
.tile .big { font-size: 1.7rem; line-height: 1.2; font-weight: 650; margin: 0 0 4px; font-variant-numeric: tabular-nums; }
.tile p { font-size: .88rem; margin: 0 0 6px; }
.tile .beside { color: var(--soft); margin: 0; font-variant-numeric: tabular-nums; }
.charts.beside { align-items: start; } .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 20px; margin: 16px 0; }
figure { margin: 0; padding: 14px; background: var(--panel); border: 1px solid var(--rule); border-radius: 8px; min-width: 0; break-inside: avoid; }
figcaption { font-size: .86rem; margin-top: 6px; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 16px; margin: 0 0 4px; padding: 0; font-size: .86rem; }
.legend svg { width: 26px; height: 12px; margin-right: 6px; vertical-align: middle; display: inline-block; }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--soft); font: 12px system-ui, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif; }
svg text.label { fill: var(--ink); }
svg .grid { stroke: var(--grid); stroke-width: 1; }
svg .axis { stroke: var(--soft); stroke-width: 1; }
svg .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
svg .error { stroke-width: 1.2; }
svg .line.faint { stroke-width: 1; opacity: .45; }
svg .model { stroke: var(--model); } svg .logistic { stroke: var(--logistic); stroke-dasharray: 8 3; } svg .recency { stroke: var(--recency); stroke-dasharray: 3 3; }
svg .constant { stroke: var(--constant); stroke-dasharray: 1 4; stroke-linecap: round; } svg .reference { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 5 4; }
svg .second { stroke: var(--second); stroke-dasharray: 6 3; }
svg .dot { stroke: none; } svg .bar { stroke: none; }
svg .dot.model, svg .bar.model { fill: var(--model); } svg .dot.logistic, svg .bar.logistic { fill: var(--logistic); }
svg .dot.recency, svg .bar.recency { fill: var(--recency); } svg .dot.constant, svg .bar.constant { fill: var(--constant); }
svg .dot.second, svg .bar.second { fill: var(--second); } svg .dot.reference { fill: var(--soft); }
svg .node { fill: var(--page); stroke: var(--soft); } svg .node.target { stroke: var(--model); stroke-width: 2.5; }
svg .arc { fill: none; stroke: var(--soft); stroke-width: 1; opacity: .7; } svg .arc.of-target { stroke: var(--model); stroke-width: 1.6; }
svg .tip { fill: var(--soft); } svg .tip.of-target { fill: var(--model); }
details { margin: 12px 0; } summary { cursor: pointer; }
svg .mark { stroke: var(--second); stroke-width: 1; stroke-dasharray: 2 3; }
)";

constexpr const char* tables = R"(
.scroll { overflow-x: auto; margin: 8px 0 16px; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-size: .86rem; padding-bottom: 4px; }
td { white-space: nowrap; } th, td { padding: 5px 12px 5px 0; border-bottom: 1px solid var(--rule); text-align: right; vertical-align: top; }
th { font-weight: 600; } th[scope=row] { text-align: left; font-weight: 400; } thead th:first-child { text-align: left; }
td small, th small { color: var(--soft); font-weight: 400; }
td b { font-weight: 700; }
.confusion td { text-align: center; padding: 6px 12px; min-width: 64px; border: 1px solid var(--rule); }
.confusion td.heat { background: rgba(var(--heat), var(--share)); }
.confusion td small { color: inherit; } .confusion th[scope=col] { text-align: center; padding: 5px 12px; }
.meter { display: inline-block; width: 120px; height: 9px; background: var(--grid); border-radius: 2px; }
.meter i { display: block; height: 9px; background: var(--model); border-radius: 2px; }
pre { background: var(--panel); border: 1px solid var(--rule); border-radius: 8px; padding: 12px; overflow-x: auto; font-size: .82rem; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 8px 32px; align-items: start; }
@media (max-width: 600px) { main { padding: 16px 12px 48px; } figure { padding: 10px 8px; } h1 { font-size: 1.45rem; } }
@page { margin: 12mm; }
@media print { html { font-size: 12.5px; } body { font-size: 1rem; } main { max-width: none; padding: 0; } nav { display: none; } a { text-decoration: none; }
  .charts { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 10px; } .tiles { grid-template-columns: 1fr 1fr; gap: 8px; } th, td { padding-right: 8px; }
  svg text { font-size: 13px; } p { max-width: none; } figure { padding: 8px; }
  figure, .tile, tr { break-inside: avoid; } h2, h3 { break-after: avoid; } .scroll { overflow: visible; }
  .meter, .meter i, .heat, svg { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
)";

}  // namespace

const std::string& page_style() {
  static const std::string sheet = std::string(colours) + text + parts + tables;
  return sheet;
}

}  // namespace footfall
