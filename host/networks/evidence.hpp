#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "engine/bayes/evidence.hpp"
#include "engine/bayes/inference.hpp"

namespace footfall {

/// "smoke=yes,xray=yes": a part is cut at its first =, blanks around names are trimmed, and what is in double quotes is taken as it is ("" there is
/// one quote): "city=\"Paris, Texas\"" or "\"a=b\"=x". An empty text is no evidence. Error{bad_input} for unknown names, a variable twice.
[[nodiscard]] std::vector<std::int32_t> parse_evidence(const std::vector<Variable>& variables, std::string_view text);

/// "xray=0.8:0.2,dysp=3:1": a likelihood for each state, in the order of the states.
[[nodiscard]] std::vector<Likelihood> parse_likelihoods(const std::vector<Variable>& variables, std::string_view text);

/// "smoke,lung": names that exist, each once.
[[nodiscard]] std::vector<std::int32_t> parse_names(const std::vector<Variable>& variables, std::string_view text);

/// The competitions' .evid: the number of observations, then variable and state of each; or, as in the earlier ones, the number of samples (1) before.
[[nodiscard]] std::vector<std::int32_t> read_evidence_file(const std::filesystem::path& file, const std::vector<Variable>& variables);
[[nodiscard]] std::vector<std::int32_t> parse_evidence_file(std::string_view text, const std::string& name, const std::vector<Variable>& variables);

/// The competitions' results: MAR, then a line with the number of variables and, for each, its states and their probabilities; PR and log10 of P(evidence).
[[nodiscard]] std::string print_mar(const Marginals& marginals);
[[nodiscard]] std::string print_pr(const Marginals& marginals);

}  // namespace footfall
