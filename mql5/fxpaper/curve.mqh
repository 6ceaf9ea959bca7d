//+------------------------------------------------------------------+
//| CurveZMQ, the client's side (rfc.zeromq.org/spec/26): only the   |
//| daemon can read what is said, and it knows who says it.          |
//|                                                                  |
//| MQL5 has no source of secret numbers, so the transient secret is |
//| a SHA-256 of the long-term one with clocks and counters: nobody  |
//| without the long-term secret can guess it, but who steals that   |
//| one later could read what was recorded before.                   |
//+------------------------------------------------------------------+
const string CURVE_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

class CCurve
  {
private:
   uchar             m_server[];
   uchar             m_public[];
   uchar             m_secret[];
   uchar             m_short_public[];
   uchar             m_short_secret[];
   uchar             m_shared[];
   uchar             m_cookie[];
   ulong             m_sent;
   long              m_drawn;
   bool              m_on;

   void              Join(uchar &to[], const uchar &from[])
     {
      int size = ArraySize(to);
      int more = ArraySize(from);
      ArrayResize(to, size + more);
      if(more > 0)
         ArrayCopy(to, from, size, 0, more);
     }

   void              JoinText(uchar &to[], const string text)
     {
      uchar bytes[];
      int size = StringToCharArray(text, bytes, 0, WHOLE_ARRAY, CP_UTF8);
      if(size > 0 && bytes[size - 1] == 0)
         size--;
      ArrayResize(bytes, size);
      Join(to, bytes);
     }

   void              Part(uchar &to[], const uchar &from[], const int at, const int count)
     {
      ArrayResize(to, count);
      if(count > 0)
         ArrayCopy(to, from, 0, at, count);
     }

   void              Zeros(uchar &to[], const int count)
     {
      ArrayResize(to, count);
      ArrayInitialize(to, 0);
     }

   // 40 characters of Z85 are 32 bytes.
   bool              Decode(const string text, uchar &bytes[])
     {
      ArrayResize(bytes, 32);
      if(StringLen(text) != 40)
         return false;
      for(int i = 0; i < 8; i++)
        {
         long value = 0;
         for(int j = 0; j < 5; j++)
           {
            int digit = StringFind(CURVE_DIGITS, StringSubstr(text, 5 * i + j, 1), 0);
            if(digit < 0)
               return false;
            value = value * 85 + digit;
           }
         if(value > 4294967295)
            return false;
         for(int j = 3; j >= 0; j--)
           {
            bytes[4 * i + j] = (uchar)(value & 255);
            value = value >> 8;
           }
        }
      return true;
     }

   // Bytes that nobody without the long-term secret can guess.
   void              Draw(uchar &bytes[], const string purpose)
     {
      m_drawn++;
      uchar seed[];
      uchar none[];
      Join(seed, m_secret);
      JoinText(seed, purpose + IntegerToString(m_drawn) + ":" + IntegerToString((long)TimeGMT()) + ":" + IntegerToString((long)GetMicrosecondCount()));
      JoinText(seed, ":" + IntegerToString((long)GetTickCount64()) + ":" + IntegerToString(AccountInfoInteger(ACCOUNT_LOGIN)) + ":" + IntegerToString(MathRand()));
      ArrayResize(none, 0);
      CryptEncode(CRYPT_HASH_SHA256, seed, none, bytes);
     }

   void              NextNonce(uchar &short_nonce[])
     {
      m_sent++;
      ArrayResize(short_nonce, 8);
      ulong value = m_sent;
      for(int i = 7; i >= 0; i--)
        {
         short_nonce[i] = (uchar)(value & 255);
         value = value >> 8;
        }
     }

   void              Nonce(uchar &nonce[], const string prefix, const uchar &rest[])
     {
      ArrayResize(nonce, 0);
      JoinText(nonce, prefix);
      Join(nonce, rest);
     }

public:
                     CCurve()
     {
      m_sent = 0;
      m_drawn = 0;
      m_on = false;
     }

   bool              On() const
     {
      return m_on;
     }

   // Take the keys; an empty text when they are right or there are none.
   string            Keys(const string server, const string mine, const string secret)
     {
      m_on = false;
      if(server == "" && mine == "" && secret == "")
         return "";
      if(!Decode(server, m_server) || !Decode(mine, m_public) || !Decode(secret, m_secret))
         return "each key has 40 characters; run fxpaper keygen and paste all three";
      uchar derived[];
      NaclPublic(derived, m_secret);
      for(int i = 0; i < 32; i++)
         if(derived[i] != m_public[i])
            return "InpPublicKey does not belong to InpSecretKey";
      m_on = true;
      return "";
     }

   void              Hello(uchar &body[])
     {
      uchar nonce8[];
      uchar nonce[];
      uchar zeros[];
      uchar key[];
      uchar box[];
      m_sent = 0;
      Draw(m_short_secret, "transient");
      NaclPublic(m_short_public, m_short_secret);
      NextNonce(nonce8);
      Nonce(nonce, "CurveZMQHELLO---", nonce8);
      Zeros(zeros, 64);
      NaclShared(key, m_server, m_short_secret);
      NaclSeal(box, zeros, nonce, key);
      ArrayResize(body, 1);
      body[0] = 5;
      JoinText(body, "HELLO");
      Zeros(zeros, 74);
      zeros[0] = 1;
      Join(body, zeros);
      Join(body, m_short_public);
      Join(body, nonce8);
      Join(body, box);
     }

   // Read the welcome; false when it is not the daemon's.
   bool              Welcome(const uchar &body[])
     {
      if(ArraySize(body) != 168)
         return false;
      uchar nonce16[];
      uchar nonce[];
      uchar sealed[];
      uchar key[];
      uchar plain[];
      Part(nonce16, body, 8, 16);
      Part(sealed, body, 24, 144);
      Nonce(nonce, "WELCOME-", nonce16);
      NaclShared(key, m_server, m_short_secret);
      if(!NaclOpen(plain, sealed, nonce, key) || ArraySize(plain) != 128)
         return false;
      uchar theirs[];
      Part(theirs, plain, 0, 32);
      Part(m_cookie, plain, 32, 96);
      NaclShared(m_shared, theirs, m_short_secret);
      // Who owns the long-term key vouches for the transient one.
      uchar vouch[];
      uchar vouched[];
      uchar drawn[];
      uchar vouch_nonce[];
      Draw(drawn, "vouch");
      Part(vouch_nonce, drawn, 0, 16);
      Join(vouch, m_short_public);
      Join(vouch, m_server);
      Nonce(nonce, "VOUCH---", vouch_nonce);
      NaclShared(key, theirs, m_secret);
      NaclSeal(vouched, vouch, nonce, key);
      ArrayResize(m_vouch, 0);
      Join(m_vouch, m_public);
      Join(m_vouch, vouch_nonce);
      Join(m_vouch, vouched);
      return true;
     }

   void              Initiate(uchar &body[], const uchar &metadata[])
     {
      uchar nonce8[];
      uchar nonce[];
      uchar plain[];
      uchar box[];
      NextNonce(nonce8);
      Nonce(nonce, "CurveZMQINITIATE", nonce8);
      Join(plain, m_vouch);
      Join(plain, metadata);
      NaclSeal(box, plain, nonce, m_shared);
      ArrayResize(body, 1);
      body[0] = 8;
      JoinText(body, "INITIATE");
      Join(body, m_cookie);
      Join(body, nonce8);
      Join(body, box);
     }

   // Whether READY is the daemon's.
   bool              Ready(const uchar &body[])
     {
      if(ArraySize(body) < 30)
         return false;
      uchar nonce8[];
      uchar nonce[];
      uchar sealed[];
      uchar plain[];
      Part(nonce8, body, 6, 8);
      Part(sealed, body, 14, ArraySize(body) - 14);
      Nonce(nonce, "CurveZMQREADY---", nonce8);
      return NaclOpen(plain, sealed, nonce, m_shared);
     }

   // A frame as it travels: its flags and its bytes in a box.
   void              Seal(uchar &body[], const int flags, const uchar &bytes[])
     {
      uchar nonce8[];
      uchar nonce[];
      uchar plain[];
      uchar box[];
      NextNonce(nonce8);
      Nonce(nonce, "CurveZMQMESSAGEC", nonce8);
      ArrayResize(plain, 1);
      plain[0] = (uchar)flags;
      Join(plain, bytes);
      NaclSeal(box, plain, nonce, m_shared);
      ArrayResize(body, 1);
      body[0] = 7;
      JoinText(body, "MESSAGE");
      Join(body, nonce8);
      Join(body, box);
     }

   bool              Open(const uchar &body[], int &flags, uchar &bytes[])
     {
      if(ArraySize(body) < 33 || body[0] != 7)
         return false;
      uchar nonce8[];
      uchar nonce[];
      uchar sealed[];
      uchar plain[];
      Part(nonce8, body, 8, 8);
      Part(sealed, body, 16, ArraySize(body) - 16);
      Nonce(nonce, "CurveZMQMESSAGES", nonce8);
      if(!NaclOpen(plain, sealed, nonce, m_shared) || ArraySize(plain) < 1)
         return false;
      flags = plain[0];
      Part(bytes, plain, 1, ArraySize(plain) - 1);
      return true;
     }

private:
   uchar             m_vouch[];
  };
