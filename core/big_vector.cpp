#include "core/big_vector.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace stampede {
namespace {

constexpr std::size_t huge_page = 2 << 20;
constexpr std::size_t least = 1 << 20;  // smaller tables are left to operator new
constexpr std::align_val_t line{64};    // of the cache

std::size_t whole_pages(std::size_t bytes) {
  return (bytes + huge_page - 1) / huge_page * huge_page;
}

// What a run gives back is for the next run of the thread, since the system clears every page it
// hands out, and takes as long for it as a tenth of a run.
class spare_memory {
 public:
  spare_memory() = default;
  spare_memory(const spare_memory&) = delete;
  spare_memory& operator=(const spare_memory&) = delete;
  ~spare_memory() {
    for (const piece& p : pieces_) std::free(p.memory);
  }

  void* take(std::size_t bytes) {
    const auto found = std::ranges::find(pieces_, bytes, &piece::bytes);
    if (found == pieces_.end()) return nullptr;
    void* const memory = found->memory;
    pieces_.erase(found);
    held_ -= bytes;
    return memory;
  }

  bool keep(void* memory, std::size_t bytes) {
    if (held_ + bytes > most) return false;
    pieces_.push_back({memory, bytes});
    held_ += bytes;
    return true;
  }

 private:
  static constexpr std::size_t most = std::size_t{1} << 30;
  struct piece {
    void* memory;
    std::size_t bytes;
  };
  std::vector<piece> pieces_;
  std::size_t held_ = 0;
};

thread_local spare_memory spare;

}  // namespace

void* allocate_big(std::size_t bytes) {
  if (bytes < least) return ::operator new(bytes, line);
  const std::size_t whole = whole_pages(bytes);
  if (void* const again = spare.take(whole)) return again;
  void* memory = std::aligned_alloc(huge_page, whole);
  if (!memory) throw std::bad_alloc();
  ::madvise(memory, whole, MADV_HUGEPAGE);  // a refusal costs speed only
  return memory;
}

void free_big(void* memory, std::size_t bytes) noexcept {
  if (bytes < least) return ::operator delete(memory, line);
  if (!spare.keep(memory, whole_pages(bytes))) std::free(memory);
}

}  // namespace stampede
