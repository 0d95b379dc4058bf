#include "core/big_vector.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <array>
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
// hands out, and takes as long for it as a tenth of a run. The oldest pieces make room.
class spare_memory {
 public:
  spare_memory() = default;
  spare_memory(const spare_memory&) = delete;
  spare_memory& operator=(const spare_memory&) = delete;
  ~spare_memory();

  void* take(std::size_t bytes) {
    const auto end = pieces_.begin() + size_;
    const auto found =
        std::find_if(pieces_.begin(), end, [&](const piece& p) { return p.bytes == bytes; });
    if (found == end) return nullptr;
    void* const memory = found->memory;
    forget(found);
    return memory;
  }

  void keep(void* memory, std::size_t bytes) noexcept {
    while (size_ > 0 &&
           (held_ + bytes > most || size_ == static_cast<std::ptrdiff_t>(pieces_.size()))) {
      std::free(pieces_.front().memory);
      forget(pieces_.begin());
    }
    if (bytes > most) return std::free(memory);
    pieces_[static_cast<std::size_t>(size_++)] = {memory, bytes};
    held_ += bytes;
  }

 private:
  static constexpr std::size_t most = std::size_t{1} << 30;
  struct piece {
    void* memory = nullptr;
    std::size_t bytes = 0;
  };
  using pieces = std::array<piece, 128>;

  void forget(pieces::iterator at) {
    held_ -= at->bytes;
    std::move(at + 1, pieces_.begin() + size_, at);
    --size_;
  }

  pieces pieces_;  // in the order they came
  std::ptrdiff_t size_ = 0;
  std::size_t held_ = 0;
};

thread_local spare_memory spare;
// What outlives the thread's own objects, such as a static table, does without.
thread_local bool spare_is_over = false;

spare_memory::~spare_memory() {
  for (std::ptrdiff_t i = 0; i < size_; ++i) std::free(pieces_[static_cast<std::size_t>(i)].memory);
  spare_is_over = true;
}

}  // namespace

void* allocate_big(std::size_t bytes) {
  if (bytes < least) return ::operator new(bytes, line);
  const std::size_t whole = whole_pages(bytes);
  if (void* const again = spare_is_over ? nullptr : spare.take(whole)) return again;
  void* memory = std::aligned_alloc(huge_page, whole);
  if (!memory) throw std::bad_alloc();
  ::madvise(memory, whole, MADV_HUGEPAGE);  // a refusal costs speed only
  return memory;
}

void free_big(void* memory, std::size_t bytes) noexcept {
  if (bytes < least) return ::operator delete(memory, line);
  if (spare_is_over) return std::free(memory);
  spare.keep(memory, whole_pages(bytes));
}

}  // namespace stampede
