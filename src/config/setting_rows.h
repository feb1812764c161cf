// Both tables of settings together, for the readers of config.json and of the environment.
#pragma once

#include <span>
#include <string_view>

#include "vetor/config_file.h"
#include "vetor/settings.h"

namespace vetor {

/// The rows of SettingsTable, then those of ServerSettingsTable. They live as long as the process.
std::span<const SettingRow* const> AllSettingRows();

/// The row of that key in either table, or null.
const SettingRow* FindSettingRow(std::string_view key);

/// Whether the setting is a list that may hold nothing: one whose default holds nothing.
bool MayBeEmptyList(const SettingRow& row);

/// Writes into the configuration that the row belongs to.
/// REQUIRES: a row of one of the tables, and a value that CheckSetting accepts.
void SetRow(const SettingRow& row, SettingValue value, LoadedConfig* loaded);

}  // namespace vetor
