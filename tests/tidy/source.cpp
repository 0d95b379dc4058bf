#include "tests/tidy/source.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <iterator>

namespace stampede::tidy {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

class lexer {
 public:
  explicit lexer(source& out) : out_(out), text_(out.text) {}

  void run() {
    while (at_ < text_.size()) step();
  }

 private:
  void step() {
    const char c = text_[at_];
    if (c == '\n') {
      directive_ = directive_ && at_ > 0 && text_[at_ - 1] == '\\';
      first_on_line_ = true;
      skip(1);
    } else if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      skip(1);
    } else if (starts("//")) {
      add_comment(text_.find('\n', at_));
    } else if (starts("/*")) {
      const auto end = text_.find("*/", at_ + 2);
      add_comment(end == text_.npos ? end : end + 2);
    } else if (c == '#' && first_on_line_) {
      directive_ = true;
      add_include();
      skip(1);
    } else {
      first_on_line_ = false;
      add_token();
    }
  }

  void add_token() {
    const char c = text_[at_];
    const int line = line_;
    std::string text(1, c);
    if (c == '"' || c == '\'') {
      text = "\"";
      skip_literal(c);
    } else if (is_word(c)) {
      const std::size_t begin = at_;
      const bool number = std::isdigit(static_cast<unsigned char>(c)) != 0;
      while (at_ < text_.size() &&
             (is_word(text_[at_]) || (number && (text_[at_] == '\'' || text_[at_] == '.')))) {
        ++at_;
      }
      text = text_.substr(begin, at_ - begin);
      if (text.ends_with('R') && at_ < text_.size() && text_[at_] == '"') {
        text = "\"";
        skip_raw_literal();
      }
    } else if (starts("::") || starts("->")) {
      text = text_.substr(at_, 2);
      skip(2);
    } else {
      skip(1);
    }
    out_.tokens.push_back({std::move(text), line, directive_});
  }

  void skip_literal(char quote) {
    skip(1);
    while (at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n') {
      skip(text_[at_] == '\\' ? 2 : 1);
    }
    if (at_ < text_.size() && text_[at_] == quote) skip(1);
  }

  void skip_raw_literal() {
    const auto open = text_.find('(', at_);
    if (open == text_.npos) return skip(text_.size());
    const std::string close = ")" + std::string(text_.substr(at_ + 1, open - at_ - 1)) + "\"";
    const auto end = text_.find(close, open);
    skip((end == text_.npos ? text_.size() : end + close.size()) - at_);
  }

  void add_comment(std::size_t end) {
    end = std::min(end, text_.size());
    out_.comments.push_back({std::string(text_.substr(at_, end - at_)), line_});
    skip(end - at_);
  }

  void add_include() {
    const std::string_view line = text_.substr(at_, text_.find('\n', at_) - at_);
    const auto word = line.find_first_not_of("# \t");
    if (word == line.npos || !line.substr(word).starts_with("include")) return;
    const auto open = line.find_first_of("<\"");
    if (open == line.npos) return;
    const auto close = line.find_first_of(">\"", open + 1);
    if (close == line.npos) return;
    out_.includes.push_back(
        {std::string(line.substr(open + 1, close - open - 1)), line[open] == '"', line_});
  }

  bool starts(std::string_view what) const { return text_.substr(at_).starts_with(what); }

  void skip(std::size_t n) {
    n = std::min(n, text_.size() - at_);
    const auto begin = text_.begin() + static_cast<std::ptrdiff_t>(at_);
    line_ += static_cast<int>(std::count(begin, begin + static_cast<std::ptrdiff_t>(n), '\n'));
    at_ += n;
  }

  source& out_;
  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
  bool first_on_line_ = true;
  bool directive_ = false;
};

bool is_looked_at(const std::filesystem::path& path) {
  constexpr std::array extensions = {".cpp", ".hpp", ".cmake"};
  return std::ranges::count(extensions, path.extension()) > 0 ||
         path.filename() == "CMakeLists.txt" || path.filename() == "CMakePresets.json";
}

}  // namespace

source read_source(std::string path, std::string text) {
  source out;
  out.path = std::move(path);
  out.text = std::move(text);
  out.lines = static_cast<int>(std::ranges::count(out.text, '\n'));
  if (is_cpp(out)) lexer(out).run();
  return out;
}

bool is_cpp(const source& file) {
  return file.path.ends_with(".cpp") || file.path.ends_with(".hpp");
}

std::vector<source> read_tree(const std::filesystem::path& root) {
  std::vector<source> out;
  const auto read = [&](const std::filesystem::path& path) {
    if (!is_looked_at(path)) return;
    std::ifstream in(path, std::ios::binary);
    out.push_back(read_source(path.lexically_relative(root).generic_string(),
                              {std::istreambuf_iterator<char>(in), {}}));
  };
  for (auto entry = std::filesystem::recursive_directory_iterator(root);
       entry != std::filesystem::recursive_directory_iterator(); ++entry) {
    const std::string name = entry->path().filename().string();
    if (entry->is_directory()) {
      const bool ours = !name.starts_with('.') && name != "build" && name != "node_modules";
      if (!ours) entry.disable_recursion_pending();
    } else {
      read(entry->path());
    }
  }
  std::ranges::sort(out, {}, &source::path);
  return out;
}

bool lies_in(std::string_view path, std::string_view folder) {
  return folder.empty() || path == folder ||
         (path.starts_with(folder) && path.size() > folder.size() && path[folder.size()] == '/');
}

}  // namespace stampede::tidy
