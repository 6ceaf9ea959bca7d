//+------------------------------------------------------------------+
//| Curve25519, XSalsa20 and Poly1305 as NaCl's crypto_box has them  |
//| (nacl.cr.yp.to; the field arithmetic follows TweetNaCl, public   |
//| domain). Whole arrays only, no pointers, no shifts of negatives. |
//+------------------------------------------------------------------+
void NaclCarry(long &o[])
  {
   for(int i = 0; i < 16; i++)
     {
      o[i] += 65536;
      long c = o[i] >> 16;
      if(i < 15)
         o[i + 1] += c - 1;
      else
         o[0] += 38 * (c - 1);
      o[i] -= c * 65536;
     }
  }

void NaclSwap(long &p[], long &q[], const long b)
  {
   long c = -b;
   for(int i = 0; i < 16; i++)
     {
      long t = c & (p[i] ^ q[i]);
      p[i] ^= t;
      q[i] ^= t;
     }
  }

void NaclCopy(long &o[], const long &a[])
  {
   ArrayResize(o, 16);
   for(int i = 0; i < 16; i++)
      o[i] = a[i];
  }

void NaclSet(long &o[], const long first)
  {
   ArrayResize(o, 16);
   for(int i = 0; i < 16; i++)
      o[i] = 0;
   o[0] = first;
  }

void NaclPack(uchar &o[], const long &n[])
  {
   long m[];
   long t[];
   NaclSet(m, 0);
   NaclCopy(t, n);
   NaclCarry(t);
   NaclCarry(t);
   NaclCarry(t);
   for(int j = 0; j < 2; j++)
     {
      m[0] = t[0] - 65517;
      for(int i = 1; i < 15; i++)
        {
         m[i] = t[i] - 65535 - ((m[i - 1] >> 16) & 1);
         m[i - 1] &= 65535;
        }
      m[15] = t[15] - 32767 - ((m[14] >> 16) & 1);
      long b = (m[15] >> 16) & 1;
      m[14] &= 65535;
      NaclSwap(t, m, 1 - b);
     }
   ArrayResize(o, 32);
   for(int i = 0; i < 16; i++)
     {
      o[2 * i] = (uchar)(t[i] & 255);
      o[2 * i + 1] = (uchar)((t[i] >> 8) & 255);
     }
  }

void NaclUnpack(long &o[], const uchar &n[])
  {
   NaclSet(o, 0);
   for(int i = 0; i < 16; i++)
      o[i] = (long)n[2 * i] + (long)n[2 * i + 1] * 256;
   o[15] &= 32767;
  }

void NaclAdd(long &o[], const long &a[], const long &b[])
  {
   for(int i = 0; i < 16; i++)
      o[i] = a[i] + b[i];
  }

void NaclLess(long &o[], const long &a[], const long &b[])
  {
   for(int i = 0; i < 16; i++)
      o[i] = a[i] - b[i];
  }

void NaclTimes(long &o[], const long &a[], const long &b[])
  {
   long t[];
   ArrayResize(t, 31);
   for(int i = 0; i < 31; i++)
      t[i] = 0;
   for(int i = 0; i < 16; i++)
      for(int j = 0; j < 16; j++)
         t[i + j] += a[i] * b[j];
   for(int i = 0; i < 15; i++)
      t[i] += 38 * t[i + 16];
   for(int i = 0; i < 16; i++)
      o[i] = t[i];
   NaclCarry(o);
   NaclCarry(o);
  }

void NaclInverse(long &o[], const long &a[])
  {
   long c[];
   NaclCopy(c, a);
   for(int i = 253; i >= 0; i--)
     {
      NaclTimes(c, c, c);
      if(i != 2 && i != 4)
         NaclTimes(c, c, a);
     }
   NaclCopy(o, c);
  }

// The point n times p.
void NaclScalarMult(uchar &q[], const uchar &n[], const uchar &p[])
  {
   uchar z[];
   ArrayResize(z, 32);
   ArrayCopy(z, n, 0, 0, 32);
   z[31] = (uchar)((z[31] & 127) | 64);
   z[0] = (uchar)(z[0] & 248);
   long x[];
   long a[];
   long b[];
   long c[];
   long d[];
   long e[];
   long f[];
   long k[];
   NaclUnpack(x, p);
   NaclCopy(b, x);
   NaclSet(a, 1);
   NaclSet(c, 0);
   NaclSet(d, 1);
   NaclSet(e, 0);
   NaclSet(f, 0);
   NaclSet(k, 56129);
   k[1] = 1;
   for(int i = 254; i >= 0; i--)
     {
      long r = (z[i / 8] >> (i % 8)) & 1;
      NaclSwap(a, b, r);
      NaclSwap(c, d, r);
      NaclAdd(e, a, c);
      NaclLess(a, a, c);
      NaclAdd(c, b, d);
      NaclLess(b, b, d);
      NaclTimes(d, e, e);
      NaclTimes(f, a, a);
      NaclTimes(a, c, a);
      NaclTimes(c, b, e);
      NaclAdd(e, a, c);
      NaclLess(a, a, c);
      NaclTimes(b, a, a);
      NaclLess(c, d, f);
      NaclTimes(a, c, k);
      NaclAdd(a, a, d);
      NaclTimes(c, c, a);
      NaclTimes(a, d, f);
      NaclTimes(d, b, x);
      NaclTimes(b, e, e);
      NaclSwap(a, b, r);
      NaclSwap(c, d, r);
     }
   NaclInverse(c, c);
   NaclTimes(a, a, c);
   NaclPack(q, a);
  }

void NaclPublic(uchar &q[], const uchar &secret[])
  {
   uchar base[];
   ArrayResize(base, 32);
   ArrayInitialize(base, 0);
   base[0] = 9;
   NaclScalarMult(q, secret, base);
  }

uint NaclRotate(const uint x, const int c)
  {
   return (x << c) | (x >> (32 - c));
  }

uint NaclLoad(const uchar &x[], const int at)
  {
   uint u = x[at + 3];
   u = (u << 8) | x[at + 2];
   u = (u << 8) | x[at + 1];
   return (u << 8) | x[at];
  }

void NaclStore(uchar &x[], const int at, const uint value)
  {
   uint u = value;
   for(int i = 0; i < 4; i++)
     {
      x[at + i] = (uchar)(u & 255);
      u = u >> 8;
     }
  }

// Salsa20 of 16 bytes and a key; or HSalsa20, which gives 32 bytes.
void NaclSalsa(uchar &out[], const uchar &in[], const uchar &key[], const bool half)
  {
   uchar sigma[];
   StringToCharArray("expand 32-byte k", sigma, 0, WHOLE_ARRAY, CP_UTF8);
   uint x[];
   uint y[];
   uint w[];
   uint t[];
   ArrayResize(x, 16);
   ArrayResize(y, 16);
   ArrayResize(w, 16);
   ArrayResize(t, 4);
   for(int i = 0; i < 4; i++)
     {
      x[5 * i] = NaclLoad(sigma, 4 * i);
      x[1 + i] = NaclLoad(key, 4 * i);
      x[6 + i] = NaclLoad(in, 4 * i);
      x[11 + i] = NaclLoad(key, 16 + 4 * i);
     }
   for(int i = 0; i < 16; i++)
      y[i] = x[i];
   for(int i = 0; i < 20; i++)
     {
      for(int j = 0; j < 4; j++)
        {
         for(int m = 0; m < 4; m++)
            t[m] = x[(5 * j + 4 * m) % 16];
         t[1] ^= NaclRotate(t[0] + t[3], 7);
         t[2] ^= NaclRotate(t[1] + t[0], 9);
         t[3] ^= NaclRotate(t[2] + t[1], 13);
         t[0] ^= NaclRotate(t[3] + t[2], 18);
         for(int m = 0; m < 4; m++)
            w[4 * j + (j + m) % 4] = t[m];
        }
      for(int m = 0; m < 16; m++)
         x[m] = w[m];
     }
   if(half)
     {
      ArrayResize(out, 32);
      for(int i = 0; i < 4; i++)
        {
         NaclStore(out, 4 * i, x[5 * i]);
         NaclStore(out, 16 + 4 * i, x[6 + i]);
        }
      return;
     }
   ArrayResize(out, 64);
   for(int i = 0; i < 16; i++)
      NaclStore(out, 4 * i, x[i] + y[i]);
  }

// Bytes added to a stream of XSalsa20, in place.
void NaclStream(uchar &bytes[], const uchar &nonce[], const uchar &key[])
  {
   uchar first[];
   uchar sub[];
   uchar in[];
   uchar block[];
   ArrayResize(first, 16);
   ArrayCopy(first, nonce, 0, 0, 16);
   NaclSalsa(sub, first, key, true);
   ArrayResize(in, 16);
   ArrayInitialize(in, 0);
   ArrayCopy(in, nonce, 0, 16, 8);
   int size = ArraySize(bytes);
   for(int at = 0; at < size; at += 64)
     {
      NaclStore(in, 8, (uint)(at / 64));
      NaclSalsa(block, in, sub, false);
      for(int i = 0; i < 64 && at + i < size; i++)
         bytes[at + i] = (uchar)(bytes[at + i] ^ block[i]);
     }
  }

void NaclAdd1305(uint &h[], const uint &c[])
  {
   uint u = 0;
   for(int j = 0; j < 17; j++)
     {
      u += h[j] + c[j];
      h[j] = u & 255;
      u = u >> 8;
     }
  }

// Poly1305 of the bytes from a place on.
void NaclTag(uchar &out[], const uchar &m[], const int from, const uchar &key[])
  {
   uint h[];
   uint r[];
   uint c[];
   uint x[];
   uint g[];
   ArrayResize(h, 17);
   ArrayResize(r, 17);
   ArrayResize(c, 17);
   ArrayResize(x, 17);
   ArrayResize(g, 17);
   for(int j = 0; j < 17; j++)
     {
      h[j] = 0;
      r[j] = j < 16 ? key[j] : 0;
     }
   r[3] &= 15;
   r[4] &= 252;
   r[7] &= 15;
   r[8] &= 252;
   r[11] &= 15;
   r[12] &= 252;
   r[15] &= 15;
   int size = ArraySize(m);
   uint u = 0;
   for(int at = from; at < size; at += 16)
     {
      int count = size - at < 16 ? size - at : 16;
      for(int j = 0; j < 17; j++)
         c[j] = j < count ? m[at + j] : 0;
      c[count] = 1;
      NaclAdd1305(h, c);
      for(int i = 0; i < 17; i++)
        {
         x[i] = 0;
         for(int j = 0; j < 17; j++)
            x[i] += h[j] * (j <= i ? r[i - j] : 320 * r[i + 17 - j]);
        }
      u = 0;
      for(int j = 0; j < 16; j++)
        {
         u += x[j];
         h[j] = u & 255;
         u = u >> 8;
        }
      u += x[16];
      h[16] = u & 3;
      u = 5 * (u >> 2);
      for(int j = 0; j < 16; j++)
        {
         u += h[j];
         h[j] = u & 255;
         u = u >> 8;
        }
      u += h[16];
      h[16] = u;
     }
   for(int j = 0; j < 17; j++)
     {
      g[j] = h[j];
      c[j] = 0;
     }
   c[0] = 5;
   c[16] = 252;
   NaclAdd1305(h, c);
   bool keep = (h[16] >> 7) != 0;
   for(int j = 0; j < 17; j++)
     {
      if(keep)
         h[j] = g[j];
      c[j] = j < 16 ? key[16 + j] : 0;
     }
   NaclAdd1305(h, c);
   ArrayResize(out, 16);
   for(int j = 0; j < 16; j++)
      out[j] = (uchar)h[j];
  }

// The key that two share: one's secret and the other's public key.
void NaclShared(uchar &key[], const uchar &theirs[], const uchar &secret[])
  {
   uchar point[];
   uchar zero[];
   NaclScalarMult(point, secret, theirs);
   ArrayResize(zero, 16);
   ArrayInitialize(zero, 0);
   NaclSalsa(key, zero, point, true);
  }

// Sixteen bytes of tag, then the text in cipher.
void NaclSeal(uchar &out[], const uchar &plain[], const uchar &nonce[], const uchar &key[])
  {
   int size = ArraySize(plain);
   uchar padded[];
   uchar one[];
   uchar tag[];
   ArrayResize(padded, 32 + size);
   ArrayInitialize(padded, 0);
   if(size > 0)
      ArrayCopy(padded, plain, 32, 0, size);
   NaclStream(padded, nonce, key);
   ArrayResize(one, 32);
   ArrayCopy(one, padded, 0, 0, 32);
   NaclTag(tag, padded, 32, one);
   ArrayResize(out, 16 + size);
   ArrayCopy(out, tag, 0, 0, 16);
   if(size > 0)
      ArrayCopy(out, padded, 16, 32, size);
  }

// The text of what was sealed; false where it was not sealed with this key.
bool NaclOpen(uchar &plain[], const uchar &sealed[], const uchar &nonce[], const uchar &key[])
  {
   int size = ArraySize(sealed) - 16;
   if(size < 0)
      return false;
   uchar padded[];
   uchar one[];
   uchar tag[];
   ArrayResize(one, 32);
   ArrayInitialize(one, 0);
   NaclStream(one, nonce, key);
   NaclTag(tag, sealed, 16, one);
   int differs = 0;
   for(int i = 0; i < 16; i++)
      differs |= tag[i] ^ sealed[i];
   if(differs != 0)
      return false;
   ArrayResize(padded, 32 + size);
   ArrayInitialize(padded, 0);
   if(size > 0)
      ArrayCopy(padded, sealed, 32, 16, size);
   NaclStream(padded, nonce, key);
   ArrayResize(plain, size);
   if(size > 0)
      ArrayCopy(plain, padded, 0, 32, size);
   return true;
  }
