//+------------------------------------------------------------------+
//| What became of each command, on the disk before anything is sent |
//| and again when the broker has answered, so that a command is     |
//| carried out once, whoever crashes.                               |
//+------------------------------------------------------------------+
const string JOURNAL_END = ".";
const string JOURNAL_SENT = "sent";

struct SEntry
  {
   string            id;
   string            print;     // of what was asked for
   string            state;     // sent, or what became of it
   int               retcode;
   long              order;
   string            why;
  };

class CJournal
  {
private:
   int               m_handle;
   SEntry            m_entries[];
   string            m_trouble;

   int               Place(const string id)
     {
      for(int i = ArraySize(m_entries) - 1; i >= 0; i--)
         if(m_entries[i].id == id)
            return i;
      int size = ArraySize(m_entries);
      ArrayResize(m_entries, size + 1);
      m_entries[size].id = id;
      return size;
     }

   // A line that was not written whole does not count.
   void              Take(const string line)
     {
      string parts[];
      int count = StringSplit(line, '|', parts);
      if(count != 7 || parts[6] != JOURNAL_END)
         return;
      int place = Place(parts[0]);
      m_entries[place].print = parts[1];
      m_entries[place].state = parts[2];
      m_entries[place].retcode = (int)StringToInteger(parts[3]);
      m_entries[place].order = StringToInteger(parts[4]);
      m_entries[place].why = parts[5];
     }

public:
                     CJournal()
     {
      m_handle = INVALID_HANDLE;
      m_trouble = "the journal is not open";
     }

   string            Trouble() const
     {
      return m_trouble;
     }

   // Read what is known; to write, nobody else may have it open to write.
   bool              Open(const string name, const bool to_write)
     {
      Close();
      ArrayResize(m_entries, 0);
      ResetLastError();
      if(!to_write)
        {
         m_handle = FileOpen(name, FILE_READ | FILE_TXT | FILE_ANSI | FILE_SHARE_READ | FILE_SHARE_WRITE);
         while(m_handle != INVALID_HANDLE && !FileIsEnding(m_handle))
            Take(FileReadString(m_handle));
         Close();
         return true;
        }
      m_handle = FileOpen(name, FILE_READ | FILE_WRITE | FILE_TXT | FILE_ANSI | FILE_SHARE_READ);
      if(m_handle == INVALID_HANDLE)
        {
         m_trouble = "the journal " + name + " cannot be opened, error " + IntegerToString(GetLastError()) + "; does another chart trade this account?";
         return false;
        }
      while(!FileIsEnding(m_handle))
         Take(FileReadString(m_handle));
      FileSeek(m_handle, 0, SEEK_END);
      m_trouble = "";
      // Whatever was written last may lack its end.
      return Append("\r\n");
     }

   bool              Append(const string text)
     {
      if(m_handle == INVALID_HANDLE)
         return false;
      ResetLastError();
      if(FileWriteString(m_handle, text) == 0)
        {
         m_trouble = "the journal cannot be written, error " + IntegerToString(GetLastError());
         return false;
        }
      FileFlush(m_handle);
      return true;
     }

   void              Close()
     {
      if(m_handle != INVALID_HANDLE)
         FileClose(m_handle);
      m_handle = INVALID_HANDLE;
      m_trouble = "the journal is not open";
     }

   // What is known of a command; false when it has never come.
   bool              Find(const string id, SEntry &found)
     {
      for(int i = ArraySize(m_entries) - 1; i >= 0; i--)
         if(m_entries[i].id == id)
           {
            found = m_entries[i];
            return true;
           }
      return false;
     }

   bool              Write(const SEntry &entry)
     {
      string why = entry.why;
      StringReplace(why, "|", "/");
      StringReplace(why, "\n", " ");
      string line = entry.id + "|" + entry.print + "|" + entry.state + "|" + IntegerToString(entry.retcode);
      line += "|" + IntegerToString(entry.order) + "|" + why + "|" + JOURNAL_END + "\r\n";
      if(!Append(line))
         return false;
      int place = Place(entry.id);
      m_entries[place] = entry;
      return true;
     }
  };
