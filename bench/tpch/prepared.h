// A query compiled, bound to columns by the names of its parameters, run, and its result as text.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bench/tpch/database.h"
#include "bench/tpch/queries.h"
#include "weld/module.h"

namespace weld::tpch {

using TextRow = std::vector<std::string>;

// Immutable once made; thread-safe.
class PreparedQuery {
 public:
  // Compiles the source (query_text(query.file), or one that replaces it) and checks its parameters and result against the
  // columns of the schema and of the query. Errors are complete lines, with the place in the source where there is one;
  // source_name names it.
  static Result<PreparedQuery> compile(const Query& query, std::string_view source, const std::string& source_name,
                                       const CompileOptions& options = {});

  const Query& query() const { return *query_; }
  const Module& module() const { return *module_; }
  // The columns of the parameters, in their order.
  const std::vector<ColumnId>& parameters() const { return parameters_; }

  // Requires that the database has all parameters.
  Value run(const std::shared_ptr<runtime::Engine>& engine, const Database& database) const;

  // The rows of a result of run(), formatted by the query's columns. Requires value.ok().
  std::vector<TextRow> rows(const Value& value) const;

 private:
  struct Leaf {
    Type type;
    int64_t offset;  // in a row
  };
  PreparedQuery() = default;
  static void add_leaves(Type type, int64_t offset, std::vector<Leaf>* leaves);
  std::string bind_parameters();
  std::string check_result();
  std::string text_of(const ResultColumn& column, const char* row) const;
  int64_t integer_at(int leaf, const char* row) const;

  const Query* query_ = nullptr;
  std::shared_ptr<const Module> module_;
  std::vector<ColumnId> parameters_;
  Type row_type_;
  bool is_vector_ = false;  // the result is a vec of rows; else one row
  std::vector<Leaf> leaves_;
};

}  // namespace weld::tpch
