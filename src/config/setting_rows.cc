#include "config/setting_rows.h"

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace vetor {

std::span<const SettingRow* const> AllSettingRows() {
  static const std::vector<const SettingRow*> kRows = [] {
    std::vector<const SettingRow*> rows;
    for (const Setting& setting : SettingsTable()) rows.push_back(&setting);
    for (const ServerSetting& setting : ServerSettingsTable()) rows.push_back(&setting);
    return rows;
  }();
  return kRows;
}

const SettingRow* FindSettingRow(std::string_view key) {
  for (const SettingRow* row : AllSettingRows()) {
    if (key == row->key) return row;
  }
  return nullptr;
}

bool MayBeEmptyList(const SettingRow& row) {
  const auto* list = std::get_if<std::vector<std::string>>(&row.default_value);
  return list != nullptr && list->empty();
}

}  // namespace vetor
