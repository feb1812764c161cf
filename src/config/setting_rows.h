// Both tables of settings together, for the readers of config.json and of the environment.
#pragma once

#include <span>
#include <string_view>

#include "vetor/settings.h"

namespace vetor {

/// The rows of SettingsTable, then those of ServerSettingsTable. They live as long as the process.
std::span<const SettingRow* const> AllSettingRows();

/// The row of that key in either table, or null.
const SettingRow* FindSettingRow(std::string_view key);

/// Whether the setting is a list that may hold nothing: one whose default holds nothing.
bool MayBeEmptyList(const SettingRow& row);

}  // namespace vetor
