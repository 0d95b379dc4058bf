// Files that appear whole or not at all.
#pragma once

#include <filesystem>
#include <string_view>

namespace stampede {

// Writes beside `path` and renames; makes the folders above it. Throws std::system_error
// (with the path in its text) and leaves no half-written file.
void write_file_atomically(const std::filesystem::path& path, std::string_view text);

// Makes `folder`, and those above it, and checks that files can be made in it: before a run
// whose report is to go there. Throws std::system_error as above.
void prepare_folder(const std::filesystem::path& folder);

}  // namespace stampede
