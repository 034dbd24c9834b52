-- When everything, the source or the part was voided last.
local function floor(f, source, part)
  local most = 0
  for i = 17, #f, 32 do
    local name = string.sub(f, i, i + 15)
    if name == '****************' or name == source or name == part then
      most = math.max(most, tonumber(string.sub(f, i + 16, i + 31)))
    end
  end
  return most
end
