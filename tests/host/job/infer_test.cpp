// A job inferred from one table and a label.
#include "host/job/infer.hpp"

#include <gtest/gtest.h>

#include "host/journeys/base_reader.hpp"
#include "host/journeys/labels.hpp"
#include "kernels/error.hpp"
#include "tests/host/journeys/folder.hpp"

namespace footfall {
namespace {

InferredJob infer(const std::string& table, const std::string& label, const std::string& positive = {}) {
  Folder folder;
  folder.write("c.csv", table);
  return infer_job({"c.csv"}, label, positive, folder.text());
}

TEST(InferredJob, TellsNumbersNamesAndCustomerApart) {
  const Job job = infer(
                      "customer_id,age,city,member,left\n7,30,Rome,TRUE,Yes\n9,41.5,Oslo,FALSE,No\n11,,Rome,"
                      "TRUE,No\n",
                      "left")
                      .job;
  EXPECT_EQ(job.customers->customer, "customer_id");
  EXPECT_EQ(job.customers->numeric.names, std::vector<std::string>{"age"});
  EXPECT_EQ(job.customers->categorical.names, (std::vector<std::string>{"city", "member"}));
  ASSERT_EQ(job.targets.size(), 1u);
  EXPECT_EQ(job.targets[0].name, "left");
  EXPECT_EQ(job.targets[0].kind, TargetKind::column);
  EXPECT_EQ(parse_job(to_toml(job), "job.toml", "/elsewhere"), job);
}

TEST(InferredJob, ACustomerIsNamedSoOrIsTextThatDiffers) {
  EXPECT_EQ(infer("a,CustomerID,y\n1,5,0\n1,6,1\n", "y").job.customers->customer, "CustomerID");
  EXPECT_EQ(infer("a,name,y\n1,x,0\n1,z,1\n", "y").job.customers->customer, "name");
  EXPECT_EQ(infer("a,paid,y\n1,5,0\n1,6,1\n", "y").job.customers->customer, "");      // only sounds like an id
  EXPECT_EQ(infer("a,store_id,y\n1,5,0\n2,5,1\n", "y").job.customers->customer, "");  // does not tell rows apart
  EXPECT_EQ(infer("a,id,y\n1,5,0\n1,,1\n", "y").job.customers->customer, "");         // lacks a value
}

TEST(InferredJob, TheLabelBecomesAColumnOfTheScores) {
  const Job job = infer("a,Total spend (EUR)\n1,2.5\n2,3.5\n3,9\n", "Total spend (EUR)").job;
  EXPECT_EQ(job.targets[0].name, "Total_spend__EUR_");
  EXPECT_EQ(job.targets[0].column, "Total spend (EUR)");
  EXPECT_EQ(infer("a,customer\n1,2.5\n2,3.5\n3,9\n", "customer").job.targets[0].name, "customer_label");
  EXPECT_EQ(infer("a,y\n1,stay\n2,go\n", "y", "go").job.targets[0].positive, "go");
}

TEST(InferredJob, AnUnknownLabelIsNamedWithItsNearest) {
  try {
    static_cast<void>(infer("a,Revenue\n1,1\n2,0\n", "Revenu"));
    FAIL() << "a label that is no column was taken";
  } catch (const Error& problem) {
    const std::string message = problem.what();
    EXPECT_NE(message.find("\"Revenu\""), std::string::npos) << message;
    EXPECT_NE(message.find("\"Revenue\"?"), std::string::npos) << message;
  }
}

TEST(InferredJob, ATableOfTheLabelAloneIsRefused) { EXPECT_THROW(static_cast<void>(infer("y\n1\n0\n", "y")), Error); }

}  // namespace
}  // namespace footfall
