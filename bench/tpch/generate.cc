// Each column is cut into chunks of rows, and every chunk of every column is one job; Model says what a cell holds. Jobs write to
// their own part of the column's array; strings get one buffer of bytes for each job.
#include "bench/tpch/generate.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <mutex>

#include "bench/tpch/model.h"
#include "bench/tpch/threads.h"

namespace weld::tpch {
namespace {

using enum ColumnId;

class Generator {
 public:
  explicit Generator(const GenerateOptions& options)
      : options_(options), model_(options.scale_factor, options.seed), line_starts_(count_lines()) {
    if (needs_text()) pool_ = std::make_unique<TextPool>(options.seed, TextPool::size_for(options.scale_factor), options.threads);
  }

  Database run() {
    add_region_and_nation();
    add_supplier();
    add_part();
    add_partsupp();
    add_customer();
    add_orders();
    add_lineitem();
    run_jobs();
    return take_columns();
  }

 private:
  struct Job {
    int64_t chunks;
    std::function<void(int64_t)> make_chunk;
  };
  struct Target {
    ColumnId id;
    Column column;
    std::vector<std::shared_ptr<Buffer>> bytes;  // of each chunk, for strings that are written
  };

  bool needs_text() const {
    constexpr std::array kTexts = {r_comment, n_comment, s_comment, p_comment, ps_comment, c_comment, o_comment, l_comment};
    return std::any_of(kTexts.begin(), kTexts.end(), [&](ColumnId id) { return options_.columns.has(id); });
  }

  // The first lineitem row of each chunk of orders, and behind the last the number of rows.
  std::vector<int64_t> count_lines() const {
    int64_t orders = model_.rows(Table::kOrders);
    int64_t chunks = chunk_count(orders, options_.chunk_rows);
    std::vector<int64_t> starts(static_cast<size_t>(chunks) + 1);
    for_each_chunk(options_.threads, chunks, [&](int64_t chunk) {
      RowRange range = chunk_range(orders, options_.chunk_rows, chunk);
      int64_t lines = 0;
      for (int64_t order = range.begin; order < range.end; ++order) lines += model_.line_count(order);
      starts[static_cast<size_t>(chunk) + 1] = lines;
    });
    for (size_t chunk = 1; chunk < starts.size(); ++chunk) starts[chunk] += starts[chunk - 1];
    return starts;
  }

  int64_t rows(Table table) const { return table == Table::kLineitem ? line_starts_.back() : model_.rows(table); }

  Target* new_target(ColumnId id) {
    if (!options_.columns.has(id)) return nullptr;
    targets_.push_back({id, Column(spec(id).kind, rows(spec(id).table)), {}});
    return &targets_.back();
  }

  // Adds the jobs of a column whose row `row` holds value(row).
  template <class T, class F>
  void fill(ColumnId id, F value) {
    Target* target = new_target(id);
    if (target == nullptr) return;
    int64_t count = target->column.rows();
    jobs_.push_back({chunk_count(count, options_.chunk_rows), [this, target, count, value](int64_t chunk) {
                       RowRange range = chunk_range(count, options_.chunk_rows, chunk);
                       T* out = target->column.elements<T>();
                       for (int64_t row = range.begin; row < range.end; ++row) out[row] = value(row);
                     }});
  }

  // Adds the jobs of a string column: write(row, out) puts row's string, no longer than longest, at out and returns its length.
  template <class F>
  void fill_strings(ColumnId id, int64_t longest, F write) {
    Target* target = new_target(id);
    if (target == nullptr) return;
    int64_t count = target->column.rows();
    int64_t chunks = chunk_count(count, options_.chunk_rows);
    target->bytes.resize(static_cast<size_t>(chunks));
    jobs_.push_back({chunks, [this, target, count, longest, write](int64_t chunk) {
                       RowRange range = chunk_range(count, options_.chunk_rows, chunk);
                       char* bytes = new_bytes(target, chunk, range.size() * longest);
                       StringRef* out = target->column.elements<StringRef>();
                       for (int64_t row = range.begin; row < range.end; ++row) {
                         out[row] = {bytes, write(row, bytes)};
                         bytes += out[row].length;
                       }
                     }});
  }

  // The same for lineitem: value(line).
  template <class T, class F>
  void fill_lines(ColumnId id, F value) {
    Target* target = new_target(id);
    if (target == nullptr) return;
    jobs_.push_back({static_cast<int64_t>(line_starts_.size()) - 1, [this, target, value](int64_t chunk) {
                       T* out = target->column.elements<T>() + line_starts_[static_cast<size_t>(chunk)];
                       for_each_line(chunk, [&](Line line) { *out++ = value(line); });
                     }});
  }

  template <class F>
  void fill_line_strings(ColumnId id, int64_t longest, F write) {
    Target* target = new_target(id);
    if (target == nullptr) return;
    int64_t chunks = static_cast<int64_t>(line_starts_.size()) - 1;
    target->bytes.resize(static_cast<size_t>(chunks));
    jobs_.push_back({chunks, [this, target, longest, write](int64_t chunk) {
                       size_t index = static_cast<size_t>(chunk);
                       StringRef* out = target->column.elements<StringRef>() + line_starts_[index];
                       char* bytes = new_bytes(target, chunk, (line_starts_[index + 1] - line_starts_[index]) * longest);
                       for_each_line(chunk, [&](Line line) {
                         *out = {bytes, write(line, bytes)};
                         bytes += out++->length;
                       });
                     }});
  }

  template <class F>
  void for_each_line(int64_t chunk, F body) const {
    RowRange range = chunk_range(model_.rows(Table::kOrders), options_.chunk_rows, chunk);
    for (int64_t order = range.begin; order < range.end; ++order) {
      int lines = model_.line_count(order);
      for (int number = 0; number < lines; ++number) body(Line{order, number});
    }
  }

  // Only what is written of it takes memory: large allocations come from the system page by page.
  static char* new_bytes(Target* target, int64_t chunk, int64_t bytes) {
    auto buffer = std::make_shared<Buffer>(bytes);
    char* begin = buffer->data();
    target->bytes[static_cast<size_t>(chunk)] = std::move(buffer);
    return begin;
  }

  void fill_key(ColumnId id) {
    fill<int32_t>(id, [](int64_t row) { return static_cast<int32_t>(row + 1); });
  }
  void fill_words(ColumnId id, Words words) {
    fill<StringRef>(id, [this, id, words](int64_t row) { return model_.word(id, row, words); });
  }
  void fill_text(ColumnId id, int64_t shortest, int64_t longest) {
    fill_strings(id, longest, [this, id, shortest, longest](int64_t row, char* out) {
      return model_.write_text(id, row, *pool_, shortest, longest, out);
    });
  }
  void fill_numbered(ColumnId id, std::string_view prefix) {
    fill_strings(id, kLongestString, [prefix](int64_t row, char* out) { return Model::write_numbered(prefix, row + 1, out); });
  }
  // A person's or firm's nation, address, phone and balance.
  void fill_contact(ColumnId nation, ColumnId address, ColumnId phone, ColumnId balance) {
    fill<int32_t>(nation, [this, nation](int64_t row) { return model_.nation_key(nation, row); });
    fill_strings(address, 40, [this, address](int64_t row, char* out) { return model_.write_address(address, row, out); });
    fill_strings(phone, 15, [this, nation, phone](int64_t row, char* out) {
      return model_.write_phone(phone, row, model_.nation_key(nation, row), out);
    });
    fill<int64_t>(balance, [this, balance](int64_t row) { return model_.account_balance(balance, row); });
  }

  void add_region_and_nation() {
    fill<int32_t>(r_regionkey, [](int64_t row) { return static_cast<int32_t>(row); });
    fill<StringRef>(r_name, [](int64_t row) { return region_names()[static_cast<size_t>(row)]; });
    fill_text(r_comment, 31, 115);
    fill<int32_t>(n_nationkey, [](int64_t row) { return static_cast<int32_t>(row); });
    fill<StringRef>(n_name, [](int64_t row) { return nations()[static_cast<size_t>(row)].name; });
    fill<int32_t>(n_regionkey, [](int64_t row) { return nations()[static_cast<size_t>(row)].region; });
    fill_text(n_comment, 31, 114);
  }

  void add_supplier() {
    fill_key(s_suppkey);
    fill_numbered(s_name, "Supplier#");
    fill_contact(s_nationkey, s_address, s_phone, s_acctbal);
    fill_strings(s_comment, 100, [this](int64_t row, char* out) { return model_.write_supplier_comment(row, *pool_, out); });
  }

  void add_part() {
    fill_key(p_partkey);
    fill_strings(p_name, 64, [this](int64_t row, char* out) { return model_.write_part_name(row, out); });
    fill<StringRef>(p_mfgr, [this](int64_t row) { return manufacturers()[static_cast<size_t>(model_.manufacturer(row))]; });
    fill<StringRef>(p_brand, [this](int64_t row) { return brands()[static_cast<size_t>(model_.brand(row))]; });
    fill_words(p_type, part_types());
    fill<int32_t>(p_size, [this](int64_t row) { return model_.part_size(row); });
    fill_words(p_container, part_containers());
    fill<int64_t>(p_retailprice, [](int64_t row) { return Model::retail_price(row + 1); });
    fill_text(p_comment, 5, 22);
  }

  void add_partsupp() {
    fill<int32_t>(ps_partkey, [](int64_t row) { return static_cast<int32_t>(row / kSuppliersPerPart + 1); });
    fill<int32_t>(ps_suppkey, [this](int64_t row) {
      return model_.supplier_of(row / kSuppliersPerPart + 1, static_cast<int>(row % kSuppliersPerPart));
    });
    fill<int32_t>(ps_availqty, [this](int64_t row) { return model_.available_quantity(row); });
    fill<int64_t>(ps_supplycost, [this](int64_t row) { return model_.supply_cost(row); });
    fill_text(ps_comment, 49, 198);
  }

  void add_customer() {
    fill_key(c_custkey);
    fill_numbered(c_name, "Customer#");
    fill_contact(c_nationkey, c_address, c_phone, c_acctbal);
    fill_words(c_mktsegment, market_segments());
    fill_text(c_comment, 29, 116);
  }

  void add_orders() {
    fill<int64_t>(o_orderkey, [](int64_t row) { return Model::order_key(row); });
    fill<int32_t>(o_custkey, [this](int64_t row) { return model_.customer_key(row); });
    fill<char>(o_orderstatus, [this](int64_t row) { return model_.order_status(row); });
    fill<int64_t>(o_totalprice, [this](int64_t row) { return model_.total_price(row); });
    fill<int32_t>(o_orderdate, [this](int64_t row) { return model_.order_date(row); });
    fill_words(o_orderpriority, order_priorities());
    fill_strings(o_clerk, kLongestString, [this](int64_t row, char* out) { return model_.write_clerk(row, out); });
    fill<int32_t>(o_shippriority, [](int64_t) { return 0; });
    fill_text(o_comment, 19, 78);
  }

  void add_lineitem() {
    fill_lines<int64_t>(l_orderkey, [](Line line) { return Model::order_key(line.order); });
    fill_lines<int32_t>(l_partkey, [this](Line line) { return model_.part_key(line); });
    fill_lines<int32_t>(l_suppkey, [this](Line line) { return model_.supplier_key(line); });
    fill_lines<int32_t>(l_linenumber, [](Line line) { return line.number + 1; });
    fill_lines<int64_t>(l_quantity, [this](Line line) { return model_.quantity(line) * 100; });
    fill_lines<int64_t>(l_extendedprice, [this](Line line) { return model_.extended_price(line); });
    fill_lines<int64_t>(l_discount, [this](Line line) { return model_.discount(line); });
    fill_lines<int64_t>(l_tax, [this](Line line) { return model_.tax(line); });
    fill_lines<char>(l_returnflag, [this](Line line) { return model_.return_flag(line); });
    fill_lines<char>(l_linestatus, [this](Line line) { return model_.line_status(line); });
    fill_lines<int32_t>(l_shipdate, [this](Line line) { return model_.ship_date(line); });
    fill_lines<int32_t>(l_commitdate, [this](Line line) { return model_.commit_date(line); });
    fill_lines<int32_t>(l_receiptdate, [this](Line line) { return model_.receipt_date(line); });
    fill_lines<StringRef>(l_shipinstruct,
                          [this](Line line) { return model_.word(l_shipinstruct, Model::cell(line), ship_instructions()); });
    fill_lines<StringRef>(l_shipmode, [this](Line line) { return model_.word(l_shipmode, Model::cell(line), ship_modes()); });
    fill_line_strings(l_comment, 43, [this](Line line, char* out) {
      return model_.write_text(l_comment, Model::cell(line), *pool_, 10, 43, out);
    });
  }

  void run_jobs() {
    std::vector<std::pair<const Job*, int64_t>> chunks;
    for (const Job& job : jobs_) {
      for (int64_t chunk = 0; chunk < job.chunks; ++chunk) chunks.emplace_back(&job, chunk);
    }
    std::mutex mutex;
    size_t done = 0;
    int64_t reported = -1;
    for_each_chunk(options_.threads, static_cast<int64_t>(chunks.size()), [&](int64_t index) {
      auto [job, chunk] = chunks[static_cast<size_t>(index)];
      job->make_chunk(chunk);
      if (!options_.progress) return;
      std::lock_guard lock(mutex);
      int64_t percent = static_cast<int64_t>(++done * 100 / chunks.size());
      if (percent == reported) return;
      reported = percent;
      options_.progress(static_cast<double>(percent) / 100);
    });
  }

  Database take_columns() {
    Database database;
    for (int table = 0; table < kTableCount; ++table)
      database.set_rows(static_cast<Table>(table), rows(static_cast<Table>(table)));
    for (Target& target : targets_) {
      for (std::shared_ptr<Buffer>& bytes : target.bytes) target.column.keep(std::move(bytes));
      database.set_column(target.id, std::move(target.column));
    }
    return database;
  }

  const GenerateOptions& options_;
  Model model_;
  std::vector<int64_t> line_starts_;
  std::unique_ptr<TextPool> pool_;
  std::deque<Target> targets_;  // a deque, as jobs point to them
  std::vector<Job> jobs_;
};

}  // namespace

Result<Database> generate(const GenerateOptions& options) {
  if (!(options.scale_factor >= kSmallestScaleFactor && options.scale_factor <= kLargestScaleFactor)) {
    return Diagnostic{"the scale factor must be from 0.001 to 10000", {}};
  }
  if (options.chunk_rows < 1) return Diagnostic{"chunk_rows must be positive", {}};
  return Generator(options).run();
}

}  // namespace weld::tpch
