// Files that appear whole or not at all.
#pragma once

#include <filesystem>
#include <string_view>

namespace stampede {

// Writes beside `path` and renames; makes the folders above it. Throws std::system_error
// (with the path in its text) and leaves no half-written file.
void write_file_atomically(const std::filesystem::path& path, std::string_view text);

}  // namespace stampede
