// Which words a model keeps and what code each gets.
#include "engine/transform/vocabulary.hpp"

#include <gtest/gtest.h>

namespace footfall {
namespace {

const std::vector<std::string> words = {"apple", "fig", "kiwi", "pear", "plum"};
const std::vector<std::int64_t> counts = {3, 5, 0, 5, 1};

TEST(Vocabulary, KeepsWhatOccursSortedBehindMissingAndUnseen) {
  const Vocabulary v = fit_vocabulary("fruit", words, counts, 1, 100, CategoricalMissing::own);
  EXPECT_EQ(v.name, "fruit");
  EXPECT_EQ(v.words, (std::vector<std::string>{"apple", "fig", "pear", "plum"}));
  EXPECT_EQ(v.size(), 6);
  EXPECT_EQ(v.missing_code, Vocabulary::missing);
  EXPECT_EQ(v.codes_of(words), (std::vector<std::int32_t>{2, 3, Vocabulary::unseen, 4, 5}));
}

TEST(Vocabulary, RareWordsShareTheCodeOfTheUnseen) {
  const Vocabulary v = fit_vocabulary("fruit", words, counts, 3, 100, CategoricalMissing::own);
  EXPECT_EQ(v.words, (std::vector<std::string>{"apple", "fig", "pear"}));
  EXPECT_EQ(v.codes_of({"plum", "pear", "quince"}), (std::vector<std::int32_t>{Vocabulary::unseen, 4, Vocabulary::unseen}));
}

TEST(Vocabulary, AWordThatNeverOccursIsNotKeptHoweverLowTheLeast) {
  EXPECT_EQ(fit_vocabulary("fruit", words, counts, 0, 100, CategoricalMissing::own).size(), 6);
}

TEST(Vocabulary, TheMostFrequentAreKeptOfTiesTheSmaller) {
  EXPECT_EQ(fit_vocabulary("fruit", words, counts, 1, 1, CategoricalMissing::own).words, (std::vector<std::string>{"fig"}));
  EXPECT_EQ(fit_vocabulary("fruit", words, counts, 1, 2, CategoricalMissing::own).words, (std::vector<std::string>{"fig", "pear"}));
  EXPECT_EQ(fit_vocabulary("fruit", words, counts, 1, 3, CategoricalMissing::own).words,
            (std::vector<std::string>{"apple", "fig", "pear"}));
}

TEST(Vocabulary, AMissingCellTakesTheMostFrequentWordWhenAsked) {
  EXPECT_EQ(fit_vocabulary("fruit", words, counts, 1, 100, CategoricalMissing::mode).missing_code, 3);  // "fig" before "pear"
  EXPECT_EQ(fit_vocabulary("fruit", words, {0, 0, 0, 0, 0}, 1, 100, CategoricalMissing::mode).missing_code, Vocabulary::missing);
}

TEST(Vocabulary, CodesFollowTheWordNotItsPlaceInADictionary) {
  const Vocabulary v = fit_vocabulary("fruit", words, counts, 1, 100, CategoricalMissing::own);
  EXPECT_EQ(v.codes_of({"pear", "apple"}), (std::vector<std::int32_t>{4, 2}));
}

}  // namespace
}  // namespace footfall
