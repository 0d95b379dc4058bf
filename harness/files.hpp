// Files that appear whole or not at all.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace stampede {

// Writes beside `path` and renames; makes the folders above it. Throws std::system_error
// (with the path in its text) and leaves no half-written file.
void write_file_atomically(const std::filesystem::path& path, std::string_view text);

// A file written piece by piece that appears under its name when it is kept, and else never. A
// symbolic link is followed; into a pipe or a device the pieces go as they come.
// Use: `atomic_file f("run.journal"); f.write("..."); f.keep();`
class atomic_file {
 public:
  explicit atomic_file(const std::filesystem::path& path);
  ~atomic_file();
  atomic_file(const atomic_file&) = delete;
  atomic_file& operator=(const atomic_file&) = delete;

  void write(std::string_view text);
  void keep();

 private:
  [[noreturn]] void give_up();

  std::filesystem::path path_;
  std::string temporary_;  // none for a pipe or a device
  int file_ = -1;
};

// Makes `folder`, and those above it, and checks that files can be made in it: before a run
// whose report is to go there. Throws std::system_error as above.
void prepare_folder(const std::filesystem::path& folder);

}  // namespace stampede
