#include "core/big_vector.hpp"

#include <sys/mman.h>

#include <cstdlib>
#include <new>

namespace stampede {
namespace {

constexpr std::size_t huge_page = 2 << 20;
constexpr std::size_t least = 1 << 20;  // smaller tables are left to operator new

std::size_t whole_pages(std::size_t bytes) {
  return (bytes + huge_page - 1) / huge_page * huge_page;
}

}  // namespace

void* allocate_big(std::size_t bytes) {
  if (bytes < least) return ::operator new(bytes);
  void* memory = std::aligned_alloc(huge_page, whole_pages(bytes));
  if (!memory) throw std::bad_alloc();
  ::madvise(memory, whole_pages(bytes), MADV_HUGEPAGE);  // a refusal costs speed only
  return memory;
}

void free_big(void* memory, std::size_t bytes) noexcept {
  if (bytes < least)
    ::operator delete(memory);
  else
    std::free(memory);
}

}  // namespace stampede
