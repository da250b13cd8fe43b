// Line editing is libedit's, through its own interface. In the editor Ctrl-C is an ordinary key, bound to a function that ends
// the line and leaves a mark, without a signal.
#include "tools/line_reader.h"

#include <histedit.h>
#include <unistd.h>

#include <clocale>
#include <cstdlib>
#include <iostream>

namespace weld::tools {

namespace {

class PlainReader final : public LineReader {
 public:
  bool is_interactive() const override { return false; }
  std::optional<Line> read(const char*) override {
    Line line;
    if (!std::getline(std::cin, line.text)) return std::nullopt;
    return line;
  }
};

std::string history_file() {
  if (const char* file = std::getenv("WELD_HISTORY")) return file;
  const char* home = std::getenv("HOME");
  return home == nullptr ? "" : std::string(home) + "/.weld_history";
}

class EditingReader final : public LineReader {
 public:
  EditingReader() : history_(history_init()), editor_(el_init("weld", stdin, stdout, stderr)), file_(history_file()) {
    constexpr int kHistorySize = 1000;
    HistEvent event;
    history(history_, &event, H_SETSIZE, kHistorySize);
    history(history_, &event, H_SETUNIQUE, 1);
    if (!file_.empty()) history(history_, &event, H_LOAD, file_.c_str());
    el_set(editor_, EL_CLIENTDATA, this);
    el_set(editor_, EL_PROMPT, &prompt_of);
    el_set(editor_, EL_EDITOR, "emacs");
    el_set(editor_, EL_HIST, history, history_);
    el_set(editor_, EL_ADDFN, "weld-cancel", "Drop what was typed", &cancel);
    el_set(editor_, EL_BIND, "^C", "weld-cancel", nullptr);
    el_set(editor_, EL_BIND, "^R", "em-inc-search-prev", nullptr);
    el_set(editor_, EL_SETTY, "-d", "-isig", nullptr);
    el_source(editor_, nullptr);  // the person's ~/.editrc
  }

  ~EditingReader() override {
    HistEvent event;
    if (!file_.empty()) history(history_, &event, H_SAVE, file_.c_str());
    el_end(editor_);
    history_end(history_);
  }

  bool is_interactive() const override { return true; }

  std::optional<Line> read(const char* prompt) override {
    prompt_ = prompt;
    cancelled_ = false;
    int count = 0;
    const char* text = el_gets(editor_, &count);
    if (cancelled_) return Line{"", true};
    if (text == nullptr || count <= 0) return std::nullopt;
    Line line{std::string(text, static_cast<size_t>(count)), false};
    if (line.text.back() == '\n') line.text.pop_back();
    HistEvent event;
    if (line.text.find_first_not_of(" \t") != std::string::npos) history(history_, &event, H_ENTER, line.text.c_str());
    return line;
  }

 private:
  static EditingReader* self(EditLine* editor) {
    void* data = nullptr;
    el_get(editor, EL_CLIENTDATA, &data);
    return static_cast<EditingReader*>(data);
  }
  static const char* prompt_of(EditLine* editor) { return self(editor)->prompt_; }
  static unsigned char cancel(EditLine* editor, int) {
    self(editor)->cancelled_ = true;
    std::fputs("^C\n", stdout);
    return CC_NEWLINE;
  }

  History* history_;
  EditLine* editor_;
  std::string file_;
  const char* prompt_ = "";
  bool cancelled_ = false;
};

}  // namespace

std::unique_ptr<LineReader> LineReader::create() {
  if (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0) return std::make_unique<PlainReader>();
  std::setlocale(LC_CTYPE, "");
  return std::make_unique<EditingReader>();
}

}  // namespace weld::tools
