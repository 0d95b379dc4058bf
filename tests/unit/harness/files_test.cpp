// Files that appear whole or not at all, and what is never replaced.
#include "harness/files.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <system_error>

namespace stampede::testing {
namespace {

namespace fs = std::filesystem;

class Files : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("files_test." + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  static std::string text_of(const fs::path& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  fs::path folder_;
};

TEST_F(Files, AppearWhenKept) {
  const fs::path path = folder_ / "new" / "a.txt";
  {
    atomic_file dropped(path);
    dropped.write("half");
  }
  EXPECT_TRUE(fs::is_empty(folder_ / "new"));
  write_file_atomically(path, "whole");
  EXPECT_EQ(text_of(path), "whole");
}

TEST_F(Files, FollowALink) {
  std::ofstream(folder_ / "target") << "before";
  fs::create_symlink("target", folder_ / "link");
  write_file_atomically(folder_ / "link", "after");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_EQ(text_of(folder_ / "target"), "after");
}

TEST_F(Files, AppearWhereALinkLeadsThatLedNowhere) {
  fs::create_directories(folder_ / "below");
  fs::create_symlink("../target", folder_ / "below" / "second");
  fs::create_symlink("below/second", folder_ / "link");
  write_file_atomically(folder_ / "link", "whole");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_TRUE(fs::is_symlink(folder_ / "below" / "second"));
  EXPECT_EQ(text_of(folder_ / "target"), "whole");
}

// Before anything has been written: a run must not be lost at its end.
TEST_F(Files, SayAtOnceThatALinkLeadsToNoFolderOrInACircle) {
  fs::create_symlink("nowhere/target", folder_ / "link");
  EXPECT_THROW(atomic_file{folder_ / "link"}, std::system_error);
  fs::create_symlink("circle", folder_ / "circle");
  EXPECT_THROW(atomic_file{folder_ / "circle"}, std::system_error);
}

TEST_F(Files, WriteIntoAPipeAndLeaveItThere) {
  const fs::path pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  write_file_atomically(pipe, "lines");
  char seen[16] = {};
  EXPECT_EQ(::read(reader, seen, sizeof seen), 5);
  EXPECT_EQ(std::string(seen), "lines");
  EXPECT_TRUE(fs::is_fifo(pipe));
  ::close(reader);
}

TEST_F(Files, SayWhichCannotBeWritten) {
  std::ofstream(folder_ / "file") << "x";
  try {
    write_file_atomically(folder_ / "file" / "below", "y");
    FAIL() << "written below a file";
  } catch (const std::system_error& why) {
    EXPECT_NE(std::string(why.what()).find("cannot write"), std::string::npos) << why.what();
  }
}

}  // namespace
}  // namespace stampede::testing
