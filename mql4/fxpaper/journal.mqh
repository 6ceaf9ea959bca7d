//+------------------------------------------------------------------+
//| What must not be forgotten, in a file to which lines are added:  |
//|   S|id|mark|op|ticket|other|.        handed to the broker        |
//|   R|id|state|retcode|order|why|.     what became of it           |
//|   O|seconds|.                      the broker ahead of UTC       |
//| A line without its end was cut off and counts as not written.    |
//| The file stays open, so that no second chart can write to it.    |
//+------------------------------------------------------------------+
struct SEntry
  {
   string            id;
   string            mark;
   string            op;
   int               ticket;   // that the command was about when it was sent
   int               other;
   bool              sent;
   string            state;    // empty while nobody knows
   int               retcode;
   int               order;
   string            why;
  };

class CJournal
  {
private:
   int               m_file;
   string            m_name;
   string            m_error;
   SEntry            m_entries[];
   long              m_offset;
   bool              m_has_offset;

   int               Place(const string id)
     {
      int found = Find(id);
      if(found >= 0)
         return found;
      int size = ArraySize(m_entries);
      ArrayResize(m_entries, size + 1);
      m_entries[size].id = id;
      m_entries[size].mark = "0";
      m_entries[size].op = "";
      m_entries[size].ticket = 0;
      m_entries[size].other = 0;
      m_entries[size].sent = false;
      m_entries[size].state = "";
      m_entries[size].retcode = 0;
      m_entries[size].order = 0;
      m_entries[size].why = "";
      return size;
     }

   void              Read(const string line)
     {
      string parts[];
      int count = StringSplit(line, '|', parts);
      if(count < 2 || parts[count - 1] != ".")
         return;
      if(parts[0] == "S" && count == 7)
        {
         int place = Place(parts[1]);
         m_entries[place].sent = true;
         m_entries[place].mark = parts[2];
         m_entries[place].op = parts[3];
         m_entries[place].ticket = (int)StringToInteger(parts[4]);
         m_entries[place].other = (int)StringToInteger(parts[5]);
        }
      else if(parts[0] == "R" && count == 7)
        {
         int place = Place(parts[1]);
         m_entries[place].state = parts[2];
         m_entries[place].retcode = (int)StringToInteger(parts[3]);
         m_entries[place].order = (int)StringToInteger(parts[4]);
         m_entries[place].why = parts[5];
        }
      else if(parts[0] == "O" && count == 3)
        {
         m_offset = StringToInteger(parts[1]);
         m_has_offset = true;
        }
     }

   bool              Write(const string line)
     {
      if(m_file == INVALID_HANDLE)
         return false;
      ResetLastError();
      uint written = FileWriteString(m_file, line + "|.\r\n");
      FileFlush(m_file);
      int code = GetLastError();
      if(written > 0 && code == 0)
         return true;
      m_error = "the journal " + m_name + " cannot be written, error " + IntegerToString(code);
      return false;
     }

   string            Clean(const string text)
     {
      string made = "";
      for(int i = 0; i < StringLen(text); i++)
        {
         ushort unit = StringGetCharacter(text, i);
         made += unit >= 32 && unit < 127 && unit != '|' ? StringSubstr(text, i, 1) : " ";
        }
      return made;
     }

public:
                     CJournal()
     {
      m_file = INVALID_HANDLE;
      m_name = "";
      m_error = "the journal is not open";
      m_offset = 0;
      m_has_offset = false;
     }

   string            Error() const
     {
      return m_error;
     }

   // Open the journal of an account, unless it is open.
   void              Open(const string login, const string server)
     {
      string before = m_name;
      m_name = "fxpaper-" + login + "-";
      for(int i = 0; i < StringLen(server); i++)
        {
         ushort unit = StringGetCharacter(server, i);
         bool plain = (unit >= '0' && unit <= '9') || (unit >= 'a' && unit <= 'z') || (unit >= 'A' && unit <= 'Z') || unit == '-';
         m_name += plain ? StringSubstr(server, i, 1) : "_";
        }
      m_name += ".journal";
      if(m_file != INVALID_HANDLE && m_name == before)
         return;
      Close();
      ArrayResize(m_entries, 0);
      m_has_offset = false;
      ResetLastError();
      m_file = FileOpen(m_name, FILE_READ | FILE_WRITE | FILE_TXT | FILE_ANSI);
      if(m_file == INVALID_HANDLE)
        {
         m_error = "the journal " + m_name + " cannot be opened, error " + IntegerToString(GetLastError()) + "; is fxpaper on another chart too?";
         return;
        }
      m_error = "";
      while(!FileIsEnding(m_file))
         Read(FileReadString(m_file));
      FileSeek(m_file, 0, SEEK_END);
      if(FileTell(m_file) > 0)
         FileWriteString(m_file, "\r\n");
     }

   void              Close()
     {
      if(m_file != INVALID_HANDLE)
         FileClose(m_file);
      m_file = INVALID_HANDLE;
      m_error = "the journal is closed";
     }

   int               Find(const string id) const
     {
      for(int i = ArraySize(m_entries) - 1; i >= 0; i--)
         if(m_entries[i].id == id)
            return i;
      return -1;
     }

   int               Total() const
     {
      return ArraySize(m_entries);
     }

   // Copies, because MQL4 gives no reference to what is in an array.
   void              Entry(const int place, SEntry &entry) const
     {
      entry = m_entries[place];
     }

   // Keep that a command is about to be handed to the broker; false when that cannot be kept.
   bool              Sent(const string id, const string mark, const string op, const int ticket, const int other)
     {
      if(!Write("S|" + id + "|" + mark + "|" + op + "|" + IntegerToString(ticket) + "|" + IntegerToString(other)))
         return false;
      int place = Place(id);
      m_entries[place].sent = true;
      m_entries[place].mark = mark;
      m_entries[place].op = op;
      m_entries[place].ticket = ticket;
      m_entries[place].other = other;
      return true;
     }

   void              Result(const string id, const string state, const int retcode, const int order, const string why)
     {
      string said = Clean(why);
      Write("R|" + id + "|" + state + "|" + IntegerToString(retcode) + "|" + IntegerToString(order) + "|" + said);
      int place = Place(id);
      m_entries[place].state = state;
      m_entries[place].retcode = retcode;
      m_entries[place].order = order;
      m_entries[place].why = said;
     }

   bool              HasOffset() const
     {
      return m_has_offset;
     }

   long              Offset() const
     {
      return m_offset;
     }

   void              KeepOffset(const long offset)
     {
      if(m_has_offset && offset == m_offset)
         return;
      Write("O|" + IntegerToString(offset));
      m_offset = offset;
      m_has_offset = true;
     }
  };
