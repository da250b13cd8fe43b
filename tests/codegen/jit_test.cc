// The JIT by itself, on modules built or parsed here: it knows nothing of Weld, and neither do these tests.
#include "weld/codegen/jit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <fstream>
#include <limits>
#include <random>
#include <thread>

#include "llvm/AsmParser/Parser.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Target/TargetMachine.h"
#include "tests/codegen/levels.h"
#include "weld/codegen/llvm.h"
#include "weld/codegen/pipeline.h"
#include "weld/codegen/target.h"
#include "weld/codegen/vector_math.h"

namespace weld::codegen {
namespace {

struct Program {
  std::unique_ptr<llvm::LLVMContext> context = std::make_unique<llvm::LLVMContext>();
  std::unique_ptr<llvm::Module> module = std::make_unique<llvm::Module>("test", *context);
};

// int64 NAME(int64 x) { return x + addend; }
Program add_program(const std::string& name, int64_t addend) {
  Program program;
  prepare_module(*program.module);
  llvm::IRBuilder<> builder(*program.context);
  auto* type = llvm::FunctionType::get(builder.getInt64Ty(), {builder.getInt64Ty()}, false);
  auto* function = llvm::Function::Create(type, llvm::Function::ExternalLinkage, name, *program.module);
  builder.SetInsertPoint(llvm::BasicBlock::Create(*program.context, "entry", function));
  builder.CreateRet(builder.CreateAdd(function->getArg(0), builder.getInt64(addend)));
  return program;
}

Program parse_program(const std::string& text) {
  Program program;
  llvm::SMDiagnostic error;
  program.module = llvm::parseAssemblyString(text, error, *program.context);
  if (program.module == nullptr) {
    ADD_FAILURE() << error.getMessage().str() << " at line " << error.getLineNo();
    return {};
  }
  prepare_module(*program.module);
  return program;
}

Result<std::unique_ptr<CompiledCode>> compile(Program program, OptimizationLevel level, std::span<const JitSymbol> symbols = {},
                                              CompileStats* stats = nullptr) {
  return compile_module(std::move(program.module), std::move(program.context), symbols, level, stats);
}

template <class Function>
Function* function_of(const CompiledCode& code, const char* name) {
  return reinterpret_cast<Function*>(code.address(name));
}

// out[i] = NAME(in[i]) over count elements, by a scalar loop.
std::string map_loop(const std::string& type, const std::string& name) {
  const std::string value = type == "double" ? "double" : "float";
  return "declare " + value + " @" + name + "(" + value + ") memory(none) nounwind willreturn\n" +
         "define void @map(ptr noalias %in, ptr noalias %out, i64 %count) {\n"
         "entry:\n"
         "  br label %loop\n"
         "loop:\n"
         "  %i = phi i64 [ 0, %entry ], [ %next, %loop ]\n"
         "  %from = getelementptr " +
         value +
         ", ptr %in, i64 %i\n"
         "  %x = load " +
         value +
         ", ptr %from\n"
         "  %y = call " +
         value + " @" + name + "(" + value +
         " %x)\n"
         "  %to = getelementptr " +
         value +
         ", ptr %out, i64 %i\n"
         "  store " +
         value +
         " %y, ptr %to\n"
         "  %next = add nuw nsw i64 %i, 1\n"
         "  %more = icmp slt i64 %next, %count\n"
         "  br i1 %more, label %loop, label %done\n"
         "done:\n"
         "  ret void\n"
         "}\n";
}

std::vector<std::string> undefined_symbols(const std::string& object) {
  auto file = llvm::object::ObjectFile::createObjectFile(llvm::MemoryBufferRef(object, "object"));
  EXPECT_TRUE(static_cast<bool>(file));
  std::vector<std::string> names;
  for (const auto& symbol : (*file)->symbols())
    if (llvm::cantFail(symbol.getFlags()) & llvm::object::SymbolRef::SF_Undefined)
      names.push_back(llvm::cantFail(symbol.getName()).str());
  return names;
}

int64_t resident_pages() {
  std::ifstream file("/proc/self/statm");
  int64_t total = 0;
  int64_t resident = 0;
  file >> total >> resident;
  EXPECT_TRUE(file.good());
  return resident;
}

bool is_mapped(const void* address) {
  std::ifstream file("/proc/self/maps");
  const auto place = reinterpret_cast<uintptr_t>(address);
  uintptr_t begin = 0;
  uintptr_t end = 0;
  char dash = 0;
  std::string rest;
  while (file >> std::hex >> begin >> dash >> end && std::getline(file, rest))
    if (begin <= place && place < end) return true;
  return false;
}

TEST(Jit, EveryLevelRuns) {
  for (const OptimizationLevel level : kEveryLevel) {
    CompileStats stats;
    auto code = compile(add_program("add", 41), level, {}, &stats);
    ASSERT_TRUE(code.ok()) << code.diagnostics()[0].message;
    EXPECT_EQ(function_of<int64_t(int64_t)>(**code, "add")(1), 42);
    EXPECT_EQ((*code)->address("subtract"), nullptr);
    EXPECT_GT(stats.emit_ms, 0);
    EXPECT_GT(stats.link_ms, 0);
  }
}

TEST(Jit, ModulesWithTheSameNamesAreSeparate) {
  auto first = compile(add_program("add", 1), OptimizationLevel::kNone);
  auto second = compile(add_program("add", 2), OptimizationLevel::kNone);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(function_of<int64_t(int64_t)>(**first, "add")(0), 1);
  EXPECT_EQ(function_of<int64_t(int64_t)>(**second, "add")(0), 2);
}

int64_t triple(int64_t x) { return 3 * x; }

constexpr const char* kCallsTriple =
    "declare i64 @triple(i64)\n"
    "define i64 @run(i64 %x) {\n"
    "  %y = call i64 @triple(i64 %x)\n"
    "  ret i64 %y\n"
    "}\n";

TEST(Jit, GivenSymbolsAreCalled) {
  const JitSymbol symbols[] = {{"other", nullptr}, {"triple", reinterpret_cast<void*>(&triple)}};
  for (const OptimizationLevel level : kEveryLevel) {
    auto code = compile(parse_program(kCallsTriple), level, symbols);
    ASSERT_TRUE(code.ok());
    EXPECT_EQ(function_of<int64_t(int64_t)>(**code, "run")(5), 15);
  }
}

TEST(Jit, UndefinedSymbolsAreNamed) {
  auto code = compile(parse_program(kCallsTriple), OptimizationLevel::kQuick);
  ASSERT_FALSE(code.ok());
  ASSERT_EQ(code.diagnostics().size(), 1u);
  EXPECT_EQ(code.diagnostics()[0].message, "undefined symbol: triple");
  // A later module is not disturbed.
  auto next = compile(add_program("add", 7), OptimizationLevel::kNone);
  ASSERT_TRUE(next.ok());
  EXPECT_EQ(function_of<int64_t(int64_t)>(**next, "add")(0), 7);
}

TEST(Jit, TheProcessGivesMathButNotEverything) {
  auto math = compile(parse_program("declare double @lgamma(double)\n"
                                    "define double @run(double %x) {\n"
                                    "  %y = call double @lgamma(double %x)\n"
                                    "  ret double %y\n"
                                    "}\n"),
                      OptimizationLevel::kNone);
  ASSERT_TRUE(math.ok()) << math.diagnostics()[0].message;
  EXPECT_EQ(function_of<double(double)>(**math, "run")(4.5), std::lgamma(4.5));

  auto other = compile(parse_program("declare i32 @system(ptr)\n"
                                     "define i32 @run() {\n"
                                     "  %y = call i32 @system(ptr null)\n"
                                     "  ret i32 %y\n"
                                     "}\n"),
                       OptimizationLevel::kNone);
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.diagnostics()[0].message, "undefined symbol: system");
}

TEST(Jit, WideDivisionAndBlockCopiesResolve) {
  auto code = compile(parse_program("define i64 @divide(i64 %high, i64 %low, i64 %by) {\n"
                                    "  %h = zext i64 %high to i128\n"
                                    "  %s = shl i128 %h, 64\n"
                                    "  %l = zext i64 %low to i128\n"
                                    "  %n = or i128 %s, %l\n"
                                    "  %d = zext i64 %by to i128\n"
                                    "  %q = udiv i128 %n, %d\n"
                                    "  %r = trunc i128 %q to i64\n"
                                    "  ret i64 %r\n"
                                    "}\n"
                                    "declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)\n"
                                    "define void @copy(ptr %to, ptr %from, i64 %size) {\n"
                                    "  call void @llvm.memcpy.p0.p0.i64(ptr %to, ptr %from, i64 %size, i1 false)\n"
                                    "  ret void\n"
                                    "}\n"),
                      OptimizationLevel::kQuick);
  ASSERT_TRUE(code.ok()) << code.diagnostics()[0].message;
  EXPECT_EQ(function_of<uint64_t(uint64_t, uint64_t, uint64_t)>(**code, "divide")(1, 0, 16), uint64_t{1} << 60);
  char to[6] = {};
  function_of<void(char*, const char*, int64_t)>(**code, "copy")(to, "hello", 6);
  EXPECT_STREQ(to, "hello");
}

TEST(Jit, AnInvalidModuleIsADiagnostic) {
  Program program = add_program("add", 1);
  llvm::BasicBlock::Create(*program.context, "unterminated", program.module->getFunction("add"));
  auto code = compile(std::move(program), OptimizationLevel::kNone);
  ASSERT_FALSE(code.ok());
  EXPECT_NE(code.diagnostics()[0].message.find("terminator"), std::string::npos) << code.diagnostics()[0].message;
}

TEST(Jit, UnloadGivesTheCodeBack) {
  auto code = compile(add_program("add", 1), OptimizationLevel::kNone);
  ASSERT_TRUE(code.ok());
  const void* address = (*code)->address("add");
  EXPECT_TRUE(is_mapped(address));
  code->reset();
  EXPECT_FALSE(is_mapped(address));
}

TEST(Jit, ThousandsOfModulesLeaveNothingBehind) {
  const auto cycle = [](int i) {
    auto code = compile(add_program("add" + std::to_string(i), i), OptimizationLevel::kNone);
    ASSERT_TRUE(code.ok());
    ASSERT_EQ(function_of<int64_t(int64_t)>(**code, ("add" + std::to_string(i)).c_str())(1), i + 1);
  };
  for (int i = 0; i < 300; ++i) cycle(i);
  const int64_t before = resident_pages();
  for (int i = 300; i < 2300; ++i) cycle(i);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LT(resident_pages() - before, 512) << "pages";  // one page kept per module would be 2000
#else
  (void)before;
#endif
}

TEST(Jit, EightThreadsCompileAtOnce) {
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([t, &right] {
      for (int i = 0; i < 25; ++i) {
        auto code = compile(add_program("add", 1000 * t + i), kEveryLevel[(t + i) % 3]);
        if (code.ok() && function_of<int64_t(int64_t)>(**code, "add")(1) == 1000 * t + i + 1) ++right;
        auto wrong = compile(parse_program(kCallsTriple), OptimizationLevel::kNone);
        if (!wrong.ok() && wrong.diagnostics()[0].message == "undefined symbol: triple") ++right;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 8 * 25 * 2);
}

void throw_three() { throw 3; }

TEST(Jit, UnwindTablesAreRegistered) {
  const JitSymbol symbols[] = {{"throw_three", reinterpret_cast<void*>(&throw_three)}};
  auto code = compile(parse_program("declare void @throw_three()\n"
                                    "define void @run() uwtable {\n"
                                    "  call void @throw_three()\n"
                                    "  ret void\n"
                                    "}\n"),
                      OptimizationLevel::kQuick, symbols);
  ASSERT_TRUE(code.ok());
  EXPECT_THROW(function_of<void()>(**code, "run")(), int);
}

struct MathCase {
  const char* type;
  const char* callee;
  const char* scalar;
  double (*reference)(double);
};

const MathCase kMathCases[] = {
    {"double", "exp", "exp", std::exp},          {"double", "llvm.exp.f64", "exp", std::exp},
    {"double", "erf", "erf", std::erf},          {"double", "llvm.log.f64", "log", std::log},
    {"double", "llvm.sin.f64", "sin", std::sin}, {"double", "cbrt", "cbrt", std::cbrt},
    {"float", "llvm.exp.f32", "expf", std::exp}, {"float", "erff", "erff", std::erf},
};

// The lanes that the vectorizer of this host should choose, or 0 where libmvec or the instruction set is missing.
unsigned expected_lanes(const MathCase& math) {
  const bool is_double = std::string_view(math.type) == "double";
  for (const unsigned lanes : {is_double ? 8u : 16u, is_double ? 4u : 8u})
    if (vector_math_function(math.scalar, lanes) != nullptr) return lanes;
  return 0;
}

template <class T>
void check_map(const CompiledCode& code, const MathCase& math) {
  std::vector<T> in(1003);
  std::vector<T> out(in.size());
  for (size_t i = 0; i < in.size(); ++i) in[i] = static_cast<T>(0.25 + 0.01 * static_cast<double>(i));
  function_of<void(const T*, T*, int64_t)>(code, "map")(in.data(), out.data(), static_cast<int64_t>(in.size()));
  for (size_t i = 0; i < in.size(); ++i) {
    const double expected = math.reference(static_cast<double>(in[i]));
    ASSERT_NEAR(out[i], expected, 8 * std::numeric_limits<T>::epsilon() * std::abs(expected) + 1e-300)
        << math.callee << " " << in[i];
  }
}

TEST(VectorMath, LoopsCallLibmvec) {
  for (const MathCase& math : kMathCases) {
    const unsigned lanes = expected_lanes(math);
    if (lanes == 0) GTEST_SKIP() << "no libmvec for this CPU";
    for (const OptimizationLevel level : {OptimizationLevel::kQuick, OptimizationLevel::kFull}) {
      Program program = parse_program(map_loop(math.type, math.callee));
      optimized_ir_text(*program.module, level);
      const std::vector<std::string> undefined = undefined_symbols(object_bytes(*program.module, level));
      bool called = false;
      for (const std::string& name : undefined)
        called |= name.starts_with("_ZGV") && name.ends_with(std::string("_") + math.scalar);
      EXPECT_TRUE(called) << math.callee;
    }
  }
}

// A loop over an intrinsic, optimized for a machine that need not be the host.
Program loop_for(llvm::TargetMachine& machine, const char* intrinsic) {
  Program program = parse_program(map_loop("double", intrinsic));
  program.module->setTargetTriple(machine.getTargetTriple());
  program.module->setDataLayout(machine.createDataLayout());
  optimize(*program.module, machine, OptimizationLevel::kQuick);
  return program;
}

// What a loop over exp calls when it is compiled for a named CPU, whatever the host's.
std::vector<std::string> exp_callees(const char* cpu) {
  const auto machine = make_target_machine({"x86_64-pc-linux-gnu", cpu, ""}, OptimizationLevel::kQuick);
  Program program = loop_for(*machine, "llvm.exp.f64");
  llvm::SmallString<0> object;
  llvm::raw_svector_ostream output(object);
  emit(*machine, *program.module, OutputKind::kObject, output);
  std::vector<std::string> callees = undefined_symbols(object.str().str());
  std::erase_if(callees, [](const std::string& name) { return !name.ends_with("exp"); });
  std::sort(callees.begin(), callees.end());
  return callees;
}

TEST(VectorMath, FollowsTheInstructionSet) {
  using Names = std::vector<std::string>;
  if (!host_target().triple.starts_with("x86_64")) GTEST_SKIP() << "LLVM was set up for another architecture";
  EXPECT_EQ(exp_callees("x86-64"), Names{"exp"});
  if (find_vector_symbol("_ZGVeN8v_exp") == nullptr) GTEST_SKIP() << "no libmvec";
  EXPECT_EQ(exp_callees("haswell"), (Names{"_ZGVdN4v_exp", "exp"}));
  // Eight lanes in the loop, four in its remainder.
  EXPECT_EQ(exp_callees("znver4"), (Names{"_ZGVdN4v_exp", "_ZGVeN8v_exp", "exp"}));
}

TEST(VectorMath, LoopsAreAccurateAtEveryLevel) {
  for (const MathCase& math : kMathCases) {
    for (const OptimizationLevel level : kEveryLevel) {
      auto code = compile(parse_program(map_loop(math.type, math.callee)), level);
      ASSERT_TRUE(code.ok()) << code.diagnostics()[0].message;
      if (std::string_view(math.type) == "double")
        check_map<double>(**code, math);
      else
        check_map<float>(**code, math);
    }
  }
}

TEST(VectorMath, VectorIntrinsicsCallLibmvecAtEveryLevel) {
  for (const OptimizationLevel level : kEveryLevel) {
    Program program = parse_program(
        "declare <8 x double> @llvm.exp.v8f64(<8 x double>)\n"
        "define void @map(ptr %in, ptr %out, i64) {\n"
        "  %x = load <8 x double>, ptr %in, align 8\n"
        "  %y = call <8 x double> @llvm.exp.v8f64(<8 x double> %x)\n"
        "  store <8 x double> %y, ptr %out, align 8\n"
        "  ret void\n"
        "}\n");
    const std::string bytes = object_bytes(*program.module, level);
    const std::vector<std::string> undefined = undefined_symbols(bytes);
    const char* vector_name = vector_math_function("exp", 8);
    const std::string expected = vector_name == nullptr ? "exp" : vector_name;
    EXPECT_NE(std::find(undefined.begin(), undefined.end(), expected), undefined.end()) << expected;
  }
}

TEST(VectorMath, EveryFunctionOfTheTableRuns) {
  int checked = 0;
  for (const VectorFunction& function : vector_functions()) {
    const char* name = vector_math_function(function.scalar, function.lanes);
    if (name == nullptr || function.symbol != name || function.scalar.starts_with("llvm.")) continue;
    const std::string value = function.scalar.ends_with("f") && function.scalar != "erf" ? "float" : "double";
    const std::string vector = "<" + std::to_string(function.lanes) + " x " + value + ">";
    const bool binary = function.signature.ends_with("vv");
    const std::string arguments = vector + " %x" + (binary ? ", " + vector + " %x" : "");
    const std::string scalars = value + " %x0" + (binary ? ", " + value + " %x0" : "");
    auto code = compile(
        parse_program("declare " + vector + " @" + function.symbol + "(" + vector + (binary ? ", " + vector : "") + ")\n" +
                      "declare " + value + " @" + function.scalar + "(" + value + (binary ? ", " + value : "") + ")\n" +
                      "define double @run(double %half) {\n" +
                      (value == "float" ? "  %x0 = fptrunc double %half to float\n" : "  %x0 = fadd double %half, 0.0\n") +
                      "  %one = insertelement " + vector + " poison, " + value + " %x0, i64 0\n" + "  %x = shufflevector " +
                      vector + " %one, " + vector + " poison, <" + std::to_string(function.lanes) + " x i32> zeroinitializer\n" +
                      "  %v = call " + vector + " @" + function.symbol + "(" + arguments + ")\n" + "  %s = call " + value + " @" +
                      function.scalar + "(" + scalars + ")\n" + "  %last = extractelement " + vector + " %v, i64 " +
                      std::to_string(function.lanes - 1) + "\n" + "  %ratio = fdiv " + value + " %last, %s\n" +
                      (value == "float" ? "  %r = fpext float %ratio to double\n" : "  %r = fadd double %ratio, 0.0\n") +
                      "  ret double %r\n}\n"),
        OptimizationLevel::kNone);
    ASSERT_TRUE(code.ok()) << code.diagnostics()[0].message;
    const double argument = function.scalar.starts_with("acosh") ? 1.5 : 0.5;
    EXPECT_NEAR(function_of<double(double)>(**code, "run")(argument), 1.0, value == "float" ? 1e-6 : 2e-15) << function.symbol;
    ++checked;
  }
  if (vector_math_function("exp", 4) == nullptr) GTEST_SKIP() << "no libmvec for this CPU";
  EXPECT_GT(checked, 0);
}

// The text of a loop over logarithms, optimized for a CPU and changes to its features.
std::string log_loop(const char* cpu, const char* features) {
  const auto machine = make_target_machine({"x86_64-pc-linux-gnu", cpu, features}, OptimizationLevel::kQuick);
  Program program = loop_for(*machine, "llvm.log.f64");
  EXPECT_FALSE(llvm::verifyModule(*program.module, &llvm::errs()));
  std::string text;
  llvm::raw_string_ostream output(text);
  program.module->print(output, nullptr);
  return text;
}

TEST(VectorMath, LogarithmsAreInlinedWhereThereIsFusedMultiplyAdd) {
  if (find_vector_symbol("_ZGVeN8v_log") == nullptr) GTEST_SKIP() << "no libmvec";
  EXPECT_NE(log_loop("haswell", "").find("call <4 x double> @llvm.fma.v4f64"), std::string::npos);
  EXPECT_NE(log_loop("znver4", "").find("call <8 x double> @llvm.fma.v8f64"), std::string::npos);
  EXPECT_EQ(log_loop("haswell", "-fma").find("llvm.fma"), std::string::npos);
  EXPECT_EQ(log_loop("x86-64", "").find("llvm.fma"), std::string::npos);
}

// A loop over logarithms, compiled at a level.
class Logarithms {
 public:
  explicit Logarithms(OptimizationLevel level) {
    auto code = compile(parse_program(map_loop("double", "llvm.log.f64")), level);
    EXPECT_TRUE(code.ok());
    code_ = std::move(*code);
  }
  std::vector<double> operator()(const std::vector<double>& in) const {
    std::vector<double> out(in.size());
    function_of<void(const double*, double*, int64_t)>(*code_, "map")(in.data(), out.data(), static_cast<int64_t>(in.size()));
    return out;
  }

 private:
  std::unique_ptr<CompiledCode> code_;
};

// |result - the logarithm of x| in units in the last place of the latter.
double log_error(double result, double x) {
  const long double exact = std::log(static_cast<long double>(x));
  const double magnitude = static_cast<double>(std::abs(exact));
  const double unit = std::nextafter(magnitude, std::numeric_limits<double>::infinity()) - magnitude;
  return static_cast<double>(std::abs(static_cast<long double>(result) - exact) / unit);
}

TEST(VectorMath, LogarithmsAreAccurate) {
  std::vector<double> numbers;
  std::mt19937_64 random(1);
  const auto between = [&](double low, double high) {
    for (int i = 0; i < 20'000; i++) numbers.push_back(low + (high - low) * (static_cast<double>(random() >> 11) * 0x1p-53));
  };
  between(0.5, 2);
  between(0.999, 1.001);
  between(0, 100);
  for (int exponent = -1022; exponent <= 1023; exponent++) {
    const double power = std::ldexp(1, exponent);
    for (double factor : {1.0, 1 + 0x1p-52, 1.25, std::sqrt(2.0), 1.75, 2 - 0x1p-52}) numbers.push_back(power * factor);
  }
  for (OptimizationLevel level : {OptimizationLevel::kQuick, OptimizationLevel::kFull}) {
    const Logarithms logarithms(level);
    const std::vector<double> results = logarithms(numbers);
    for (size_t i = 0; i < numbers.size(); i++) ASSERT_LE(log_error(results[i], numbers[i]), 1.25) << numbers[i];
    EXPECT_EQ(logarithms(std::vector<double>(64, 1.0)), std::vector<double>(64, 0.0));
  }
}

TEST(VectorMath, SpecialLogarithmsAreThoseOfLibm) {
  using Limits = std::numeric_limits<double>;
  const double specials[] = {0.0,
                             -0.0,
                             -1.0,
                             Limits::infinity(),
                             -Limits::infinity(),
                             Limits::quiet_NaN(),
                             Limits::denorm_min(),
                             1e-310,
                             -Limits::denorm_min()};
  for (OptimizationLevel level : {OptimizationLevel::kQuick, OptimizationLevel::kFull}) {
    const Logarithms logarithms(level);
    for (double special : specials) {
      for (size_t place = 0; place < 8; place++) {
        std::vector<double> numbers(64, 10.0);
        numbers[16 + place] = special;
        const std::vector<double> results = logarithms(numbers);
        for (size_t i = 0; i < numbers.size(); i++) {
          const double expected = std::log(numbers[i]);
          if (std::isnan(expected)) {
            EXPECT_TRUE(std::isnan(results[i])) << special;
          } else {
            EXPECT_DOUBLE_EQ(results[i], expected) << special;
          }
        }
      }
    }
  }
}

TEST(Target, DescriptionNamesTheCpuAndItsFeatures) {
  EXPECT_NE(host_description().find("+"), std::string::npos);
  EXPECT_EQ(host_description(), host_description());
}

TEST(Target, TextsAreOfTheModule) {
  Program program = add_program("add", 41);
  EXPECT_NE(optimized_ir_text(*program.module, OptimizationLevel::kQuick).find("define i64 @add"), std::string::npos);
  EXPECT_NE(assembly_text(*program.module, OptimizationLevel::kQuick).find("add:"), std::string::npos);
}

}  // namespace
}  // namespace weld::codegen
