//+------------------------------------------------------------------+
//| ZMTP 3.0 over the terminal's own sockets: a DEALER, in clear,    |
//| with a password (spec/24) or encrypted (rfc.zeromq.org/spec/23). |
//| No DLL.                                                          |
//+------------------------------------------------------------------+
enum ENUM_LINE
  {
   LINE_CLOSED,
   LINE_GREETING,
   LINE_HELLO_SENT,
   LINE_READY_SENT,
   LINE_OPEN
  };

const string ZMTP_USER = "fxpaper";
const string WRONG_TOKEN = "the token is not the daemon's; copy it from the file token";
const int ZMTP_GREETING = 64;
const int ZMTP_LARGEST = 1048576;
const int ZMTP_READ = 65536;

class CLine
  {
private:
   int               m_handle;
   ENUM_LINE         m_state;
   string            m_identity;
   string            m_error;
   uchar             m_in[];
   uchar             m_out[];
   string            m_first;
   bool              m_has_first;
   ulong             m_heard_at;
   CCurve            m_curve;
   bool              m_plain;
   string            m_password;

   void              Fail(const string why)
     {
      m_error = why;
      Close();
     }

   // A line that is closed before both have greeted is refused.
   string            Closed() const
     {
      if(m_state == LINE_OPEN)
         return "the daemon closed the line";
      string said = "the daemon closed the line at once: ";
      if(m_curve.On())
         return said + "it has no keys (run fxpaper keygen there and restart it), or is none";
      if(m_plain)
         return said + "it wants the three keys, or no PLAIN (set metatrader_plain there, or clear InpPlain), or is none";
      return said + "it wants an encrypted one (paste the three keys) or a password (set InpPlain), or is none";
     }

   string            Mechanism() const
     {
      if(m_curve.On())
         return "CURVE";
      return m_plain ? "PLAIN" : "NULL";
     }

   // What is said at one turn goes out at once when the turn is over: the network holds a second
   // small piece back until the first has been acknowledged.
   bool              SendBytes(const uchar &bytes[])
     {
      Append(m_out, bytes);
      if(m_state != LINE_OPEN || ArraySize(m_out) > ZMTP_READ)
         return Flush();
      return true;
     }

   void              Append(uchar &to[], const uchar &from[])
     {
      int size = ArraySize(to);
      ArrayResize(to, size + ArraySize(from));
      ArrayCopy(to, from, size, 0, ArraySize(from));
     }

   void              AppendByte(uchar &to[], const int value)
     {
      int size = ArraySize(to);
      ArrayResize(to, size + 1);
      to[size] = (uchar)value;
     }

   void              AppendLong(uchar &to[], const int value)
     {
      for(int shift = 24; shift >= 0; shift -= 8)
         AppendByte(to, (value >> shift) & 255);
     }

   void              AppendText(uchar &to[], const string text)
     {
      uchar bytes[];
      TextBytes(text, bytes);
      Append(to, bytes);
     }

   void              TextBytes(const string text, uchar &bytes[])
     {
      int size = StringToCharArray(text, bytes, 0, WHOLE_ARRAY, CP_UTF8);
      if(size > 0 && bytes[size - 1] == 0)
         size--;
      ArrayResize(bytes, size < 0 ? 0 : size);
     }

   void              AppendFrame(uchar &to[], const int flags, const uchar &body[])
     {
      int size = ArraySize(body);
      if(size > 255)
        {
         AppendByte(to, flags | 2);
         AppendLong(to, 0);
         AppendLong(to, size);
        }
      else
        {
         AppendByte(to, flags);
         AppendByte(to, size);
        }
      Append(to, body);
     }

   void              AppendProperty(uchar &to[], const string name, const string value)
     {
      uchar bytes[];
      TextBytes(value, bytes);
      AppendByte(to, StringLen(name));
      AppendText(to, name);
      AppendLong(to, ArraySize(bytes));
      Append(to, bytes);
     }

   bool              SendGreeting()
     {
      uchar bytes[];
      ArrayResize(bytes, ZMTP_GREETING);
      ArrayInitialize(bytes, 0);
      bytes[0] = 0xFF;
      bytes[9] = 0x7F;
      bytes[10] = 3;
      uchar name[];
      TextBytes(Mechanism(), name);
      ArrayCopy(bytes, name, 12, 0, ArraySize(name));
      return SendBytes(bytes);
     }

   bool              SendCommand(const uchar &body[])
     {
      uchar frame[];
      AppendFrame(frame, 4, body);
      return SendBytes(frame);
     }

   // What ends a handshake in clear: READY, or INITIATE where a password came before it.
   bool              SendMetadata(const string name)
     {
      uchar body[];
      AppendByte(body, StringLen(name));
      AppendText(body, name);
      AppendProperty(body, "Socket-Type", "DEALER");
      AppendProperty(body, "Identity", m_identity);
      return SendCommand(body);
     }

   bool              SendPlainHello()
     {
      uchar body[];
      uchar bytes[];
      AppendByte(body, 5);
      AppendText(body, "HELLO");
      AppendByte(body, StringLen(ZMTP_USER));
      AppendText(body, ZMTP_USER);
      TextBytes(m_password, bytes);
      AppendByte(body, ArraySize(bytes));
      Append(body, bytes);
      return SendCommand(body);
     }

   bool              SendCurveHello()
     {
      uchar body[];
      m_curve.Hello(body);
      return SendCommand(body);
     }

   void              TakeWelcome(const uchar &welcome[])
     {
      if(m_plain)
        {
         m_state = LINE_READY_SENT;
         SendMetadata("INITIATE");
         return;
        }
      if(!m_curve.Welcome(welcome))
        {
         Fail("the daemon's key is not the one in InpServerKey");
         return;
        }
      uchar metadata[];
      uchar body[];
      AppendProperty(metadata, "Socket-Type", "DEALER");
      AppendProperty(metadata, "Identity", m_identity);
      m_curve.Initiate(body, metadata);
      m_state = LINE_READY_SENT;
      SendCommand(body);
     }

   void              AppendSealed(uchar &to[], const int flags, const uchar &body[])
     {
      uchar sealed[];
      m_curve.Seal(sealed, flags, body);
      AppendFrame(to, 0, sealed);
     }

   void              Take(const int count)
     {
      int left = ArraySize(m_in) - count;
      uchar rest[];
      ArrayResize(rest, left);
      if(left > 0)
         ArrayCopy(rest, m_in, 0, count, left);
      ArrayResize(m_in, left);
      if(left > 0)
         ArrayCopy(m_in, rest, 0, 0, left);
     }

   bool              ReadGreeting()
     {
      if(ArraySize(m_in) < ZMTP_GREETING)
         return false;
      if(m_in[0] != 0xFF || m_in[9] != 0x7F || m_in[10] < 3)
        {
         Fail("what answers there is no fxpaper daemon");
         return false;
        }
      string mechanism = CharArrayToString(m_in, 12, 5, CP_UTF8);
      if(mechanism != Mechanism())
        {
         Fail(OtherMechanism(mechanism));
         return false;
        }
      Take(ZMTP_GREETING);
      if(m_curve.On())
        {
         m_state = LINE_HELLO_SENT;
         return SendCurveHello();
        }
      if(m_plain)
        {
         m_state = LINE_HELLO_SENT;
         return SendPlainHello();
        }
      m_state = LINE_READY_SENT;
      return SendMetadata("READY");
     }

   string            OtherMechanism(const string theirs) const
     {
      if(theirs == "CURVE")
         return "the daemon wants an encrypted line; paste the three keys of fxpaper keygen";
      if(m_curve.On())
         return "the daemon has no keys; run fxpaper keygen there and restart it";
      if(theirs == "PLAIN")
         return "the daemon wants PLAIN; set InpPlain";
      return "the daemon does not speak PLAIN; set metatrader_plain there, or clear InpPlain";
     }

   void              Command(const uchar &body[])
     {
      if(IsPlainError(body))
        {
         Fail("the daemon refused the line: " + WRONG_TOKEN);
         return;
        }
      int length = ArraySize(body) > 0 ? (int)body[0] : 0;
      if(length == 0 || ArraySize(body) < 1 + length)
        {
         Fail("the daemon sent a command that is none");
         return;
        }
      string name = CharArrayToString(body, 1, length, CP_UTF8);
      if(name == "WELCOME" && m_state == LINE_HELLO_SENT)
         TakeWelcome(body);
      else if(name == "READY" && m_state == LINE_READY_SENT)
        {
         if(m_curve.On() && !m_curve.Ready(body))
            Fail("the daemon's answer was not sealed with our key");
         else
            m_state = LINE_OPEN;
        }
      else if(name == "ERROR")
         Fail("the daemon refused the line: " + ErrorReason(body));
      else if(name == "PING")
         Pong(body);
     }

   // libzmq writes the length and the E of PLAIN's ERROR as one sign.
   bool              IsPlainError(const uchar &body[]) const
     {
      return m_plain && ArraySize(body) > 1 && body[0] == '^' && body[1] == 'R';
     }

   string            ErrorReason(const uchar &body[])
     {
      int size = ArraySize(body);
      if(size < 7 || size < 7 + (int)body[6])
         return "no reason given";
      string reason = CharArrayToString(body, 7, (int)body[6], CP_UTF8);
      if(reason == "400" && m_plain)
         return WRONG_TOKEN;
      if(reason == "400")
         return "this key is not on its list; run fxpaper keygen there";
      return reason;
     }

   // A PING has two bytes of time to live, then up to 16 that come back in the PONG.
   void              Pong(const uchar &ping[])
     {
      uchar body[];
      AppendByte(body, 4);
      AppendText(body, "PONG");
      int size = ArraySize(ping);
      for(int i = 7; i < size && i < 23; i++)
         AppendByte(body, ping[i]);
      if(!m_curve.On())
        {
         SendCommand(body);
         return;
        }
      uchar frame[];
      AppendSealed(frame, 2, body);
      SendBytes(frame);
     }

   // The next frame, or false while it is not whole yet.
   bool              NextFrame(int &flags, uchar &body[])
     {
      int have = ArraySize(m_in);
      if(have < 2)
         return false;
      flags = m_in[0];
      int head = 2;
      long size = m_in[1];
      if((flags & 2) != 0)
        {
         head = 9;
         if(have < head)
            return false;
         size = 0;
         // More than 2^32 bytes never come, and would not fit into what follows.
         for(int i = 1; i <= 8; i++)
            size = size > ZMTP_LARGEST ? size : size * 256 + m_in[i];
        }
      if(size < 0 || size > ZMTP_LARGEST)
        {
         Fail("the daemon sent a frame of " + IntegerToString(size) + " bytes");
         return false;
        }
      if(have < head + (int)size)
         return false;
      ArrayResize(body, (int)size);
      if(size > 0)
         ArrayCopy(body, m_in, 0, head, (int)size);
      Take(head + (int)size);
      return true;
     }

public:
                     CLine()
     {
      m_handle = INVALID_HANDLE;
      m_state = LINE_CLOSED;
      m_identity = "";
      m_error = "";
      m_first = "";
      m_has_first = false;
      m_heard_at = 0;
      m_plain = false;
      m_password = "";
     }

   // The three keys of an encrypted line, or none; says what is wrong with them.
   string            Keys(const string server, const string mine, const string secret)
     {
      m_plain = false;
      return m_curve.Keys(server, mine, secret);
     }

   // Give this password in clear; says what is wrong with it.
   string            Plain(const string password)
     {
      if(m_curve.On())
         return "keys and InpPlain are two ways; clear one of them";
      uchar bytes[];
      TextBytes(password, bytes);
      if(ArraySize(bytes) == 0 || ArraySize(bytes) > 255)
         return "InpPlain wants the token in InpToken";
      m_plain = true;
      m_password = password;
      return "";
     }

   ENUM_LINE         State() const
     {
      return m_state;
     }

   string            Error() const
     {
      return m_error;
     }

   ulong             HeardAt() const
     {
      return m_heard_at;
     }

   bool              Open(const string host, const int port, const string identity)
     {
      Close();
      m_error = "";
      m_identity = identity;
      ResetLastError();
      m_handle = SocketCreate();
      if(m_handle == INVALID_HANDLE)
        {
         m_error = "no socket, error " + IntegerToString(GetLastError());
         return false;
        }
      if(!SocketConnect(m_handle, host, (uint)port, 500))
        {
         int code = GetLastError();
         if(code == 4014)
            Fail("add " + host + " to Tools > Options > Expert Advisors > Allow WebRequest");
         else
            Fail("no daemon listens at " + host + ":" + IntegerToString(port) + ", error " + IntegerToString(code));
         return false;
        }
      SocketTimeouts(m_handle, 500, 500);
      m_state = LINE_GREETING;
      m_heard_at = GetTickCount64();
      return SendGreeting();
     }

   // Send what has been said.
   bool              Flush()
     {
      int size = ArraySize(m_out);
      if(size == 0 || m_handle == INVALID_HANDLE)
         return m_handle != INVALID_HANDLE;
      int sent = SocketSend(m_handle, m_out, (uint)size);
      ArrayResize(m_out, 0);
      if(sent == size)
         return true;
      Fail("the line broke while sending, error " + IntegerToString(GetLastError()));
      return false;
     }

   void              Close()
     {
      ArrayResize(m_out, 0);
      if(m_handle != INVALID_HANDLE)
         SocketClose(m_handle);
      m_handle = INVALID_HANDLE;
      m_state = LINE_CLOSED;
      m_has_first = false;
      ArrayResize(m_in, 0);
     }

   // Take what has come; false when the line is broken.
   bool              Poll()
     {
      if(m_state == LINE_CLOSED)
         return false;
      uint waiting = SocketIsReadable(m_handle);
      if(waiting == 0)
        {
         if(!SocketIsConnected(m_handle))
           {
            Fail(Closed());
            return false;
           }
         return true;
        }
      uchar bytes[];
      uint wanted = waiting < (uint)ZMTP_READ ? waiting : (uint)ZMTP_READ;
      int got = SocketRead(m_handle, bytes, wanted, 1);
      if(got > 0)
        {
         ArrayResize(bytes, got);
         Append(m_in, bytes);
         m_heard_at = GetTickCount64();
        }
      else if(GetLastError() == 5273)
        {
         Fail(Closed());
         return false;
        }
      if(m_state == LINE_GREETING)
         ReadGreeting();
      return m_state != LINE_CLOSED;
     }

   // The next message of two frames; false when none is whole.
   bool              Next(string &kind, string &body)
     {
      int flags = 0;
      uchar frame[];
      while(m_state != LINE_CLOSED && m_state != LINE_GREETING)
        {
         if(!NextFrame(flags, frame))
            return false;
         if(m_curve.On() && (flags & 4) == 0)
           {
            uchar bytes[];
            int inner = 0;
            if(m_state != LINE_OPEN || !m_curve.Open(frame, inner, bytes))
              {
               Fail("something on the line was not sealed by the daemon");
               return false;
              }
            ArrayResize(frame, ArraySize(bytes));
            if(ArraySize(bytes) > 0)
               ArrayCopy(frame, bytes, 0, 0, ArraySize(bytes));
            flags = (inner & 1) | ((inner & 2) != 0 ? 4 : 0);
           }
         if((flags & 4) != 0)
           {
            Command(frame);
            continue;
           }
         string text = ArraySize(frame) > 0 ? CharArrayToString(frame, 0, ArraySize(frame), CP_UTF8) : "";
         if((flags & 1) != 0)
           {
            m_first = text;
            m_has_first = true;
            continue;
           }
         if(!m_has_first)
            continue;
         m_has_first = false;
         kind = m_first;
         body = text;
         return true;
        }
      return false;
     }

   bool              Say(const string kind, const string body)
     {
      if(m_state != LINE_OPEN)
         return false;
      uchar bytes[];
      uchar first[];
      uchar second[];
      TextBytes(kind, first);
      TextBytes(body, second);
      if(m_curve.On())
        {
         AppendSealed(bytes, 1, first);
         AppendSealed(bytes, 0, second);
        }
      else
        {
         AppendFrame(bytes, 1, first);
         AppendFrame(bytes, 0, second);
        }
      return SendBytes(bytes);
     }
  };
