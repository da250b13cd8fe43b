// Lazy objects: values that are described first and computed when they are asked for, as one program with everything that they
// need. An object is data in memory, or a fragment (weld/ir/fragment.h) over other objects.
//
// Objects are shared by pointers and may be used from any number of threads at once. An object that was evaluated keeps its
// value, which stands for it in later evaluations, and lets go of what it was made from. Long chains are built, evaluated and
// destroyed without deep recursion.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weld/ir/diagnostic.h"
#include "weld/ir/expr.h"
#include "weld/ir/type.h"
#include "weld/module.h"
#include "weld/options.h"
#include "weld/runtime/run_context.h"

namespace weld {

struct Fragment;
class Object;
using ObjectPtr = std::shared_ptr<const Object>;

// What evaluations run under.
struct EvaluationContext {
  std::shared_ptr<runtime::Engine> engine;
  CompileOptions compile;
};
using ContextPtr = std::shared_ptr<const EvaluationContext>;

// A value in memory, laid out as layout_of its type; valid as long as a copy of this lives.
struct ObjectValue {
  const void* data = nullptr;         // null: there is none
  std::shared_ptr<const void> owner;  // of all that it refers to
  ContextPtr context;                 // of the run that made it; null for data that is not Weld's
  int64_t run = -1;                   // the number that evaluate() was given for that run
};

class Object {
 public:
  using Dependencies = std::vector<ObjectPtr>;
  // Of what it is made. Use the functions below.
  struct Parts {
    Type type;
    std::string label;
    std::shared_ptr<const Fragment> fragment;  // null for data
    std::shared_ptr<const Dependencies> dependencies;
    ObjectValue value;
  };

  // A value that lies in memory, which owner keeps valid and unchanged. The type must be as parse_data_type() gives it.
  static ObjectPtr from_data(Type type, const void* data, std::shared_ptr<const void> owner, std::string label);
  // A copy of such a value. Dicts cannot be copied: then there is a diagnostic.
  static Result<ObjectPtr> from_copy(Type type, const void* data, std::string label);
  // The value of an expression whose free names are the given ones, bound to these objects (there are as many). The label says
  // in messages who made it; where it is empty, the text does. Diagnostics have their spans in text.
  static Result<ObjectPtr> from_fragment(std::string_view text, Dependencies dependencies, const std::vector<std::string>& names,
                                         std::string label);

  explicit Object(Parts parts) : parts_(std::move(parts)) {}
  ~Object();
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  Type type() const { return parts_.type; }
  const std::string& label() const { return parts_.label; }
  const std::shared_ptr<const Fragment>& fragment() const { return parts_.fragment; }
  // The data, or the value kept from an evaluation.
  ObjectValue value() const;
  // Null when there is a value.
  std::shared_ptr<const Dependencies> dependencies() const;
  // Keeps the value, unless there is one; returns the one there is.
  ObjectValue keep(ObjectValue value) const;

 private:
  mutable std::mutex mutex_;  // for dependencies and value
  mutable Parts parts_;
};

// The label that messages name a fragment by: where there is none, the beginning of its text.
std::string label_of_fragment(std::string label, std::string_view text);

// The type of data that an object may be of, from text: one that has a layout, and no builder.
Result<Type> parse_data_type(std::string_view text);

// What evaluate() gives: a value for each object, or an error code (weld/runtime/runtime.h) with a message that names the
// fragment.
struct Evaluation {
  uint32_t error_code = 0;
  std::string error_message;
  std::vector<ObjectValue> values;
  StageTimes compile_times;  // empty where the code was found
};

// Computes what of the objects has no value yet, in one program (in several where there are very many), and keeps it. Graphs of
// the same fragments, on whatever data, are compiled once. Blocks. Values that one call computes share their memory. run: a
// number for the run, kept with the values. A profile, when given, is filled by a run of one program; otherwise it stays as it
// is.
Evaluation evaluate(std::span<const ObjectPtr> objects, const ContextPtr& context, int64_t run,
                    runtime::RunProfile* profile = nullptr);

// A place in the text of a fragment, by the label of the object that it was made for.
struct FragmentPlace {
  std::string label;
  Place place;
};

// A typed and verified program whose nodes have numbers for places (with_numbered_places). fragment_of tells of the place of a
// node, also in a program that passes made of this one, which fragment it comes from; nullopt for what joins fragments.
struct ObjectProgram {
  ExprPtr typed;
  std::function<std::optional<FragmentPlace>(Span)> fragment_of;
};

// The program that evaluating these objects would compile now, before any pass; in one also where it would be several. Call it on
// a deep stack.
Result<ObjectProgram> typed_program_of(std::span<const ObjectPtr> objects);
// The same as text, on any stack.
Result<std::string> program_of(std::span<const ObjectPtr> objects);

}  // namespace weld
