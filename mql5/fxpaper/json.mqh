//+------------------------------------------------------------------+
//| JSON: quoting what is written, finding what was sent.            |
//+------------------------------------------------------------------+
const string JSON_HEX = "0123456789abcdef";

// A text as JSON; everything beyond ASCII is escaped, so code pages play no part.
string JsonText(const string text)
  {
   string made = "\"";
   int length = StringLen(text);
   for(int i = 0; i < length; i++)
     {
      ushort unit = StringGetCharacter(text, i);
      if(unit == '"' || unit == '\\')
         made += "\\" + StringSubstr(text, i, 1);
      else if(unit >= 32 && unit < 127)
         made += StringSubstr(text, i, 1);
      else
        {
         made += "\\u";
         for(int shift = 12; shift >= 0; shift -= 4)
            made += StringSubstr(JSON_HEX, (int)((unit >> shift) & 15), 1);
        }
     }
   return made + "\"";
  }

string JsonBool(const bool value)
  {
   return value ? "true" : "false";
  }

// Where what is not a blank begins, from a place on.
int JsonSkip(const string body, const int from)
  {
   int at = from;
   while(at < StringLen(body) && StringGetCharacter(body, at) == ' ')
      at++;
   return at;
  }

// Where the value of a name begins, or -1. Names are looked for at any depth; ours are unlike. A
// text that only looks like a name is no name: no colon follows it.
int JsonFind(const string body, const string name, const int from)
  {
   string quoted = "\"" + name + "\"";
   int at = StringFind(body, quoted, from);
   while(at >= 0)
     {
      int after = JsonSkip(body, at + StringLen(quoted));
      if(after < StringLen(body) && StringGetCharacter(body, after) == ':')
         return JsonSkip(body, after + 1);
      at = StringFind(body, quoted, at + 1);
     }
   return -1;
  }

int JsonHexDigit(const ushort unit)
  {
   if(unit >= '0' && unit <= '9')
      return unit - '0';
   if(unit >= 'a' && unit <= 'f')
      return unit - 'a' + 10;
   if(unit >= 'A' && unit <= 'F')
      return unit - 'A' + 10;
   return 0;
  }

// The text that begins with a quote at a place; the place moves behind it.
string JsonTextAt(const string body, int &at)
  {
   string found = "";
   int length = StringLen(body);
   if(at >= length || StringGetCharacter(body, at) != '"')
      return found;
   at++;
   while(at < length)
     {
      ushort unit = StringGetCharacter(body, at);
      if(unit == '"')
        {
         at++;
         return found;
        }
      if(unit == '\\' && at + 1 < length)
        {
         at++;
         unit = StringGetCharacter(body, at);
         if(unit == 'u' && at + 4 < length)
           {
            int code = 0;
            for(int i = 1; i <= 4; i++)
               code = code * 16 + JsonHexDigit(StringGetCharacter(body, at + i));
            at += 4;
            found += ShortToString((ushort)code);
           }
         else if(unit == 'n')
            found += " ";
         else
            found += ShortToString(unit);
        }
      else
         found += ShortToString(unit);
      at++;
     }
   return found;
  }

string JsonGetText(const string body, const string name)
  {
   int at = JsonFind(body, name, 0);
   if(at < 0)
      return "";
   return JsonTextAt(body, at);
  }

long JsonGetLong(const string body, const string name, const int from)
  {
   int at = JsonFind(body, name, from);
   if(at < 0)
      return 0;
   string digits = "";
   while(at < StringLen(body))
     {
      ushort unit = StringGetCharacter(body, at);
      if((unit < '0' || unit > '9') && unit != '-')
         break;
      digits += ShortToString(unit);
      at++;
     }
   return StringToInteger(digits);
  }

bool JsonGetBool(const string body, const string name)
  {
   int at = JsonFind(body, name, 0);
   return at >= 0 && StringFind(body, "true", at) == at;
  }

double JsonGetDouble(const string body, const string name)
  {
   int at = JsonFind(body, name, 0);
   if(at < 0)
      return 0;
   string digits = "";
   while(at < StringLen(body))
     {
      ushort unit = StringGetCharacter(body, at);
      if((unit < '0' || unit > '9') && unit != '-' && unit != '.' && unit != 'e' && unit != 'E' && unit != '+')
         break;
      digits += ShortToString(unit);
      at++;
     }
   return StringToDouble(digits);
  }

// Lots without the zeros behind them.
string JsonLots(const double lots)
  {
   string made = DoubleToString(lots, 8);
   int length = StringLen(made);
   while(length > 1 && StringGetCharacter(made, length - 1) == '0')
      length--;
   if(StringGetCharacter(made, length - 1) == '.')
      length--;
   return StringSubstr(made, 0, length);
  }

// The texts of a list.
void JsonGetList(const string body, const string name, string &found[])
  {
   ArrayResize(found, 0);
   int at = JsonFind(body, name, 0);
   if(at < 0 || StringGetCharacter(body, at) != '[')
      return;
   at++;
   while(at < StringLen(body))
     {
      ushort unit = StringGetCharacter(body, at);
      if(unit == ']')
         return;
      if(unit == '"')
        {
         int size = ArraySize(found);
         ArrayResize(found, size + 1);
         found[size] = JsonTextAt(body, at);
        }
      else
         at++;
     }
  }
