//+------------------------------------------------------------------+
//| The line to the daemon: numbered polls by WebRequest. The next   |
//| one goes only when the one before was answered; until then the   |
//| same is sent again, so nothing is lost or doubled. No DLL.       |
//+------------------------------------------------------------------+
const int POLL_TIMEOUT_MS = 3000;

enum ENUM_POLL
  {
   POLL_ANSWERED,
   POLL_AGAIN,      // nobody knows whether it came through
   POLL_REFUSED
  };

class CPolls
  {
private:
   string            m_url;
   string            m_headers;
   string            m_name;
   long              m_number;
   string            m_waiting;    // pairs that were not sent yet
   string            m_body;       // of the poll without an answer
   bool              m_open;
   string            m_error;

   string            Unsent(const int code) const
     {
      if(code == 4060)
         return "add " + m_url + " to Tools > Options > Expert Advisors > Allow WebRequest for listed URL (error 4060)";
      if(code == 4059)
         return "the Strategy Tester cannot reach a daemon (error 4059)";
      if(code == 5200)
         return "InpUrl is no address: " + m_url + " (error 5200)";
      if(code == 5202)
         return "the daemon at " + m_url + " does not answer in time (error 5202)";
      return "no daemon answers at " + m_url + ": does it run? (error " + IntegerToString(code) + ")";
     }

   string            Refused(const int status, const string answer) const
     {
      string number = " (HTTP " + IntegerToString(status) + ")";
      if(status == 401)
         return "InpToken is not the daemon's; copy it from the file token in its data directory" + number;
      if(status == 404)
         return "the daemon does not await MetaTrader 4: set mt4 = true and restart it" + number;
      string detail = JsonGetText(answer, "detail");
      return (detail == "" ? "what answers at " + m_url + " is no fxpaper daemon" : detail) + number;
     }

public:
                     CPolls()
     {
      m_url = "";
      m_headers = "";
      m_name = "";
      m_number = 0;
      m_waiting = "";
      m_body = "";
      m_open = false;
      m_error = "";
     }

   bool              IsOpen() const
     {
      return m_open;
     }

   string            Error() const
     {
      return m_error;
     }

   // Whether more can be said in the next poll.
   bool              HasRoom() const
     {
      return m_body == "" && StringLen(m_waiting) < 200000;
     }

   bool              HasToSay() const
     {
      return m_body != "" || m_waiting != "";
     }

   void              Open(const string url, const string token, const string name)
     {
      m_url = url;
      while(StringLen(m_url) > 0 && StringGetCharacter(m_url, StringLen(m_url) - 1) == '/')
         m_url = StringSubstr(m_url, 0, StringLen(m_url) - 1);
      m_headers = "Authorization: Bearer " + token + "\r\nContent-Type: application/json\r\n";
      m_name = name;
      m_number = 0;
      m_waiting = "";
      m_body = "";
      m_open = true;
     }

   void              Close()
     {
      m_open = false;
     }

   void              Say(const string kind, const string body)
     {
      if(m_waiting != "")
         m_waiting += ",";
      m_waiting += "[\"" + kind + "\"," + body + "]";
     }

   // Send what waits, or again what has no answer; takes as long as the daemon holds its answer.
   ENUM_POLL         Exchange(string &answer)
     {
      if(m_body == "")
        {
         m_body = "[" + m_waiting + "]";
         m_waiting = "";
         m_number++;
        }
      char data[];
      char result[];
      string result_headers = "";
      int size = StringToCharArray(m_body, data, 0, -1, CP_UTF8);
      if(size > 0 && data[size - 1] == 0)
         ArrayResize(data, size - 1);
      ResetLastError();
      string where = m_url + "/api/v1/mt4/poll?line=" + m_name + "&poll=" + IntegerToString(m_number);
      int status = WebRequest("POST", where, m_headers, POLL_TIMEOUT_MS, data, result, result_headers);
      if(status <= 0)
        {
         m_error = Unsent(GetLastError());
         return POLL_AGAIN;
        }
      answer = CharArrayToString(result, 0, ArraySize(result), CP_UTF8);
      if(status == 200 && StringLen(answer) > 1 && StringGetCharacter(answer, 0) == '[')
        {
         m_body = "";
         m_error = "";
         return POLL_ANSWERED;
        }
      m_error = Refused(status, answer);
      return status >= 500 ? POLL_AGAIN : POLL_REFUSED;
     }
  };
