// Finding scenarios: by path, or by name in the library or among those of the presets, each of
// which shows what one preset does wrong.
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "scenarios/loader.hpp"

namespace stampede {
namespace {

namespace fs = std::filesystem;

// In the order looked in.
std::vector<fs::path> library_folders() {
  std::vector<fs::path> folders{"scenarios/library"};
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
  if (!program.empty())
    folders.push_back(program.parent_path().parent_path() / "share/stampede/scenarios");
  folders.push_back(STAMPEDE_SOURCE_SCENARIOS);
  return folders;
}

// The presets' scenarios lie beside the library.
std::vector<fs::path> preset_folders() {
  std::vector<fs::path> folders = library_folders();
  for (fs::path& folder : folders) folder = folder.parent_path() / "presets";
  return folders;
}

std::vector<std::string> names_in(const std::vector<fs::path>& folders) {
  std::vector<std::string> names;
  for (const fs::path& folder : folders) {
    std::error_code ignored;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored))
      if (entry.path().extension() == ".toml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

config_place only_file(const std::string& name) {
  return {std::make_shared<const std::string>(name), 0, 0};
}

std::string nearest_in_library(const std::string& wanted) {
  const std::vector<std::string> names = library_scenarios();
  const std::vector<std::string> presets = preset_scenarios();
  const std::string stem = fs::path(wanted).stem().string();
  std::vector<std::string_view> candidates(names.begin(), names.end());
  candidates.insert(candidates.end(), presets.begin(), presets.end());
  const std::string_view near = nearest_word(stem, candidates);
  if (!near.empty()) return ", did you mean '" + std::string(near) + "'?";
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  return names.empty() ? "" : "; the library has " + list;
}

// Where `wanted` is. A name is a word without a slash and without .toml.
fs::path find_scenario(const std::string& wanted) {
  std::error_code ignored;
  const fs::path path(wanted);
  const bool directory = fs::is_directory(path, ignored);
  if (fs::exists(path, ignored) && !directory) return path;
  if (wanted.find('/') != std::string::npos || path.extension() == ".toml")
    throw config_error(only_file(wanted), directory ? "this is a directory, not a scenario file"
                                                    : "no such file" + nearest_in_library(wanted));
  for (const auto& folders : {library_folders(), preset_folders()})
    for (const fs::path& folder : folders) {
      const fs::path candidate = folder / (wanted + ".toml");
      if (fs::is_regular_file(candidate, ignored)) return candidate;
    }
  throw config_error(only_file(wanted), "no file and no scenario of the library has this name" +
                                            nearest_in_library(wanted));
}

}  // namespace

std::vector<std::string> library_scenarios() { return names_in(library_folders()); }
std::vector<std::string> preset_scenarios() { return names_in(preset_folders()); }

scenario load_scenario(const std::string& path_or_name, const std::vector<std::string>& changes) {
  if (path_or_name.empty()) throw config_error({}, "the name of a scenario must not be empty");
  const std::string path = find_scenario(path_or_name).string();
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file) throw config_error(only_file(path), "cannot be read");
  return parse_scenario(text, path, changes);
}

}  // namespace stampede
