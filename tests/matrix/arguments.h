// What a program of a test is run with: literals, as parse_values takes them, or a program without parameters, `|| {…}`, that
// gives a struct with a field for each parameter. Such a program makes what has no literal: builders and dictionaries.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "weld/module.h"
#include "weld/value_text.h"

namespace weld::matrix {

bool is_maker(std::string_view text);

class Arguments {
 public:
  static Result<Arguments> read(std::string_view text, std::span<const Type> types);

  // For runs in the engine's memory, which they take as long as they live.
  struct Made {
    const void* data;
    Value value;        // what a maker gave
    std::string fault;  // why it gave nothing; data is then null
  };
  Made make(const std::shared_ptr<runtime::Engine>& engine) const;

 private:
  std::optional<OwnedArguments> literals_;
  std::shared_ptr<const Module> maker_;
};

}  // namespace weld::matrix
