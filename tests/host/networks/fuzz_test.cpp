// Damaged files of every format: each is read or refused with an Error, never a crash, a hang or another exception, and what is read is written
// and read again as the same. A few seconds as a rule; FOOTFALL_FUZZ_SECONDS=600 goes on for as long, with other damage each time it is given
// another FOOTFALL_FUZZ_SEED. A failure names the seed of its text.
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdlib>

#include "host/networks/evidence.hpp"
#include "host/networks/networks.hpp"
#include "kernels/error.hpp"
#include "tests/host/networks/same_network.hpp"
#include "tests/support/backend_fixture.hpp"

namespace footfall::test {
namespace {

constexpr NetworkFormat formats[] = {NetworkFormat::bif, NetworkFormat::xmlbif, NetworkFormat::net, NetworkFormat::uai};

Network seed_network() {
  Network network;
  network.name = "fuzz";
  network.variables = {{"smoke", {"yes", "no"}}, {"age", {"<25", "25..60", ">=60"}}, {"x y", {"a,b", "\"q\""}}, {"lung", {"yes", "no"}}};
  network.families = {{{1}, {0.3, 0.7, 0.25, 0.75, 0.125, 0.875}}, {{}, {0.2, 0.5, 0.3}}, {{}, {1.0, 0.0}}, {{0, 2}, {0.1, 0.9, 0.2, 0.8, 0.01, 0.99, 0.5, 0.5}}};
  return network;
}

std::vector<std::string> seeds(NetworkFormat format) {
  std::vector<std::string> out{print_network(format, seed_network())};
  switch (format) {
    case NetworkFormat::bif:
      out.push_back("// c\nnetwork n { property \"p;q\" ; }\nvariable a { type discrete[2] { x y }; property p = 1; }\nprobability ( a ) { table .5 5e-1; }\n/* end */");
      out.push_back("probability(b|a){default 0.5 0.5;(x)0.1,0.9;}variable a{type discrete[2]{x,y};}variable b{type discrete[2]{x,y};}probability(a){table 0.5,0.5;}");
      break;
    case NetworkFormat::xmlbif:
      out.push_back("<?xml version=\"1.0\"?><!DOCTYPE BIF [<!ENTITY e \"x\"><!ELEMENT A (B)>]><BIF><NETWORK><VARIABLE TYPE=\"nature\"><NAME>a&amp;&#65;</NAME><OUTCOME><![CDATA[x]]>"
                    "</OUTCOME><OUTCOME>y</OUTCOME></VARIABLE><DEFINITION><FOR>a&amp;A</FOR><TABLE>0.5<!-- c -->0.5</TABLE></DEFINITION></NETWORK></BIF>");
      break;
    case NetworkFormat::net:
      out.push_back("net { name = \"n\"; f = (1 2); } % c\ndiscrete node a { states = (\"x\" \"y\"); } potential(a){data=((0.5)(0.5));}");
      break;
    case NetworkFormat::uai:
      out.push_back("MARKOV\n2\n2 3\n2\n1 0\n2 0 1\n\n2\n 1 2\n6\n 1 2 3 4 5 6\n");
      break;
  }
  return out;
}

const char* const words[] = {"network", "variable", "probability", "table", "default", "property", "type", "discrete", "{", "}", "(", ")", "[", "]", "|", ";", ",", "\"", "/*", "*/", "//",
                             "%", "\\", "<", ">", "</", "/>", "<!--", "-->", "<![CDATA[", "]]>", "&#0;", "&e;", "<NETWORK>", "<TABLE>", "node", "potential", "data", "=", "states", "MARKOV",
                             "BAYES", "-1", "0", "1", "2", "1e308", "1e999", "-0", "nan", "inf", "0x1p3", "99999999999999999999", "4294967296", "2147483647", "65536", "1e-320", "\n", "\r", "\t", "yes", "age"};

class Damage {
 public:
  explicit Damage(std::uint64_t seed) : numbers_(seed) {}

  std::string operator()(std::string text, const std::string& other) {
    for (std::int64_t times = 1 + numbers_.below(6); times > 0; --times) once(text, other);
    return text;
  }

 private:
  std::size_t place(const std::string& text) { return static_cast<std::size_t>(numbers_.below(static_cast<std::int64_t>(text.size()) + 1)); }

  void once(std::string& text, const std::string& other) {
    const std::size_t at = place(text), length = std::min<std::size_t>(text.size() - at, static_cast<std::size_t>(numbers_.below(40)));
    switch (numbers_.below(9)) {
      case 0: text.resize(at); break;
      case 1: text.erase(at, length); break;
      case 2: text.insert(place(text), text.substr(at, length)); break;
      case 3: text.insert(at, words[numbers_.below(std::size(words))]); break;
      case 4:
        if (at < text.size()) text[at] = static_cast<char>(numbers_.below(256));
        break;
      case 5: text.replace(at, length, words[numbers_.below(std::size(words))]); break;
      case 6: text = text.substr(0, at) + other.substr(place(other)); break;
      case 7:
        for (std::int64_t n = numbers_.below(200); n > 0; --n) text.insert(at, words[8 + numbers_.below(10)]);
        break;
      default: replace_number(text, at);
    }
  }

  void replace_number(std::string& text, std::size_t at) {
    const std::size_t begin = text.find_first_of("0123456789", at);
    if (begin == std::string::npos) return;
    text.replace(begin, text.find_first_not_of("0123456789.e-", begin) - begin, words[42 + numbers_.below(15)]);
  }

  Numbers numbers_;
};

/// What is read can be written and read again. XMLBIF refuses some names.
void expect_round_trip(NetworkFormat format, const Network& network) {
  std::string text;
  try {
    text = print_network(format, network);
  } catch (const Error&) {
    ASSERT_EQ(format, NetworkFormat::xmlbif);
    return;
  }
  expect_same_tables(parse_network(format, text, "again"), network);
}

void try_text(NetworkFormat format, const std::string& text) {
  try {
    expect_round_trip(format, parse_network(format, text, "fuzz"));
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::bad_input) << error.what();
  }
  try {
    (void)parse_network(format, text, "fuzz", true);
  } catch (const Error&) {
  }
  try {
    const FactorGraph graph = parse_factor_graph(format, text, "fuzz");
    if (format == NetworkFormat::uai) (void)parse_factor_graph(format, print_factor_graph(graph), "again");
  } catch (const Error&) {
  }
}

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(Fuzz, NoTextIsADanger) {
  const double seconds = static_cast<double>(number_from("FOOTFALL_FUZZ_SECONDS", 0));
  const std::uint64_t first = number_from("FOOTFALL_FUZZ_SEED", 1) * 1000000000;
  const auto began = std::chrono::steady_clock::now();
  const auto spent = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count(); };
  constexpr std::uint64_t short_run = 12000;
  std::vector<std::vector<std::string>> texts;
  for (const NetworkFormat format : formats) texts.push_back(seeds(format));
  std::uint64_t tried = 0;
  for (; seconds > 0.0 ? spent() < seconds : tried < short_run; ++tried) {
    const std::uint64_t seed = first + tried;
    SCOPED_TRACE("seed " + std::to_string(seed));
    const std::size_t f = tried % std::size(formats);
    const std::vector<std::string>& of_format = texts[f];
    const std::string& text = of_format[seed / 4 % of_format.size()];
    const std::string& other = of_format[seed / 16 % of_format.size()];
    const double before = spent();
    try_text(formats[f], Damage(seed)(text, other));
    ASSERT_LT(spent() - before, 20.0) << "a text of a kilobyte took seconds";
    if (::testing::Test::HasFailure()) break;
  }
  std::printf("%llu texts\n", static_cast<unsigned long long>(tried));
}

TEST(Fuzz, NoEvidenceIsADanger) {
  const std::vector<Variable> variables = seed_network().variables;
  const std::string evidence = "smoke=yes,\"x y\"=\"a,b\",age=>=60", likelihoods = "smoke=0.2:0.8,age=1:2:3", file = "2 0 1 1 2";
  for (std::uint64_t seed = 1; seed <= 6000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Damage damage(seed);
    try {
      (void)parse_evidence(variables, damage(evidence, likelihoods));
    } catch (const Error&) {
    }
    try {
      (void)parse_likelihoods(variables, damage(likelihoods, evidence));
    } catch (const Error&) {
    }
    try {
      (void)parse_evidence_file(damage(file, file), "fuzz", variables);
    } catch (const Error&) {
    }
  }
}

}  // namespace
}  // namespace footfall::test
